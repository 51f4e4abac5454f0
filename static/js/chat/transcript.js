/** The transcript: one list item per message, in the order of the conversation. */

import { countUnseen, markNotEmpty, resetScroll } from "./follow.js";
import { fill, gettext } from "../ui/i18n.js";
import { copyOf, page } from "../ui/page.js";
import { personaOf } from "../ui/personas.js";
import { elementsOfText, elementsOfTexts } from "../markdown/markdown.js";
import { isCut, sentenceOfEnd } from "./reply_end.js";
import { showTime } from "../ui/times.js";

let list;
let welcome;
let starters;
const byId = new Map();
const sources = new WeakMap();

/**
 * Orders of the items. A stored message has its seq; what is no stored message yet stands between two of them: a reply
 * behind the message that it answers, a notice behind that message's reply, a line behind any last item.
 */
export const ORDER = Object.freeze({
  start: 0,
  reply: (inReplyTo) => inReplyTo + 0.5,
  notice: (seq) => seq + 0.75,
  line: (lastOrder) => lastOrder + 0.25,
  unsent: Number.POSITIVE_INFINITY,
});

/** Looks up the elements. */
export function init() {
  list = document.getElementById("transcript");
  welcome = document.getElementById("welcome");
  starters = document.getElementById("starters");
}

/**
 * Shows a message, or brings the one with its id up to date: the id of a visitor's message is made here
 * and kept by the server, so what is stored takes the place of what was only written. `element` is the
 * bubble that a reply was streamed into. state: "sending", "waiting", "failed" or "sent"; reason: a sentence; answer:
 * what an answer becomes, where that is known.
 */
export function addMessage(message, { state = "sent", reason = "", element = null, answer = null } = {}) {
  const known = byId.get(message.id);
  // What is stored never changes, so a history that is read twice costs nothing.
  if (known?.dataset.seq === String(message.seq) && !element) return;
  if (known && element) element.remove();
  const item = known ?? element ?? copyOf(`message-${message.role}`);
  byId.set(message.id, item);
  render(item, message, { state, reason, answer });
  place(item, orderOf(message));
  starters.hidden = true;
  markNotEmpty();
  // What was written here is known before it is stored, and is no news.
  if (message.seq && !known) countUnseen();
}

/** Shows a history: what costs most, making elements of its answers, is done for all of them at once. */
export function addMessages(messages) {
  const answers = messages.filter(({ id, role }) => role === "assistant" && !byId.has(id));
  const made = elementsOfTexts(answers.map(({ content }) => content));
  const byMessage = new Map(answers.map((message, at) => [message, made[at]]));
  for (const message of messages) addMessage(message, { answer: byMessage.get(message) });
}

/** Takes a message off the page that was never stored. */
export function removeMessage(id) {
  byId.get(id)?.remove();
  byId.delete(id);
}

/** Empties the chat area. */
export function clearTranscript() {
  byId.clear();
  for (const part of [list, welcome, starters]) part.replaceChildren();
  resetScroll();
}

/** Shows who answers here, their greeting (which is never stored), and ways to begin. */
export function showWelcome(personaKey) {
  const persona = personaOf(personaKey);
  welcome.replaceChildren(persona.welcome());
  starters.replaceChildren(persona.starters());
  starters.hidden = byId.size > 0;
  if (!persona.greeting) return;
  const item = copyOf("message-assistant");
  item.dataset.greeting = "";
  render(item, { role: "assistant", content: persona.greeting, metadata: { persona: personaKey } }, {});
  place(item, ORDER.start);
}

/** Puts an item where it belongs: by `order`, after what has the same. */
export function place(item, order) {
  if (item.parentElement === list && item.dataset.order === String(order)) return;
  item.dataset.order = order;
  let next = null;
  let before = list.lastElementChild;
  while (before && (before === item || Number(before.dataset.order) > order)) {
    if (before !== item) next = before;
    before = before.previousElementSibling;
  }
  if (item.parentElement === list && item.nextElementSibling === next) return;
  list.insertBefore(item, next);
}

/** Puts a line behind everything that is stored by now. */
export function placeAfterStored(item) {
  const orders = Array.from(list.children, ({ dataset }) => Number(dataset.order)).filter(Number.isFinite);
  place(item, ORDER.line(Math.max(ORDER.start, ...orders)));
}

/** Names who says the message: the persona of its day, for a session's persona may leave the file. */
export function setAuthor(item, personaKey) {
  const persona = personaOf(personaKey);
  item.querySelector(".message-author").textContent = persona.name;
  item.querySelector(".message-avatar").replaceChildren(persona.avatar());
}

// A reply stands right behind the newest message it answers, also when more was written meanwhile and
// stored before it.
function orderOf({ role, seq, metadata }) {
  if (!seq) return ORDER.unsent;
  const answers = role === "assistant" ? metadata?.in_reply_to : null;
  return Number.isInteger(answers) && answers < seq ? ORDER.reply(answers) : seq;
}

function render(item, message, { state, reason, answer }) {
  const { role, content, timestamp, id, seq } = message;
  if (id) item.dataset.id = id;
  if (seq) item.dataset.seq = seq;
  if (sources.get(item) !== content) renderText(item, role, content, answer);
  if (role === "assistant") renderReply(item, message);
  else {
    item.dataset.state = state;
    item.querySelector(".message-state").textContent = reason || wordsFor(state);
  }
  item.querySelector(".copy").hidden = !content;
  if (timestamp) showTime(item.querySelector(".message-time"), timestamp);
}

function renderReply(item, { content, metadata }) {
  const details = metadata ?? {};
  item.dataset.state = details.state ?? "done";
  item.toggleAttribute("data-cut", isCut(details));
  item.querySelector(".message-state").textContent = sentenceOfEnd(details, content);
  showReasoning(item, details.reasoning);
  setAuthor(item, details.persona ?? page.dataset.persona);
}

// It stands beside the answer's text, not in it: it is neither copied nor read aloud with it.
function showReasoning(item, reasoning) {
  item.querySelector(".reasoning")?.remove();
  item.toggleAttribute("data-reasoned", Boolean(reasoning));
  if (!reasoning) return;
  const folded = copyOf("reasoning");
  folded.querySelector(".reasoning-text").textContent = reasoning;
  item.querySelector(".message-text").before(folded);
}

function wordsFor(state) {
  switch (state) {
    case "sending":
      return gettext("Sending …");
    case "waiting":
      return gettext("Waiting for the connection");
    case "sent":
      return gettext("Sent");
    default:
      return "";
  }
}

/** Returns what a message says, as it was written. */
export const sourceOf = (item) => sources.get(item) ?? "";

/** Returns what a message says as it is read aloud, and how it ended: without Markdown's marks and the page's buttons. */
export function spokenText(id) {
  const item = byId.get(id);
  if (!item) return "";
  const copy = item.querySelector(".message-text").cloneNode(true);
  for (const head of copy.querySelectorAll(".code-head")) head.remove();
  // Blocks touch each other in a text that has no layout.
  for (const block of copy.querySelectorAll("p, li, h4, pre, td, th, br")) block.after(" ");
  return `${copy.textContent} ${item.querySelector(".message-state").textContent}`.replace(/\s+/g, " ").trim();
}

// Answers are Markdown; what a visitor writes stays as they wrote it.
function renderText(item, role, content, answer) {
  sources.set(item, content);
  const text = item.querySelector(".message-text");
  if (role === "assistant") text.replaceChildren(answer ?? elementsOfText(content));
  else text.textContent = content;
}

/** Returns what was stored of the conversation, oldest first: [{role, author, content}]. */
export function storedMessages() {
  return Array.from(list.querySelectorAll(".message[data-seq]"), (item) => ({
    role: item.dataset.role,
    author: authorOf(item),
    content: sourceOf(item),
  }));
}

/** Returns the conversation as plain text, as it stands on the page. */
export function transcriptText() {
  const lines = Array.from(list.querySelectorAll(".message, .observed-line"), (item) => {
    if (!item.matches(".message")) return `(${item.textContent.replace(/\s+/g, " ").trim()})\n`;
    const time = item.querySelector(".message-time").title;
    const head = time ? fill(gettext("%(author)s, %(time)s"), { author: authorOf(item), time }) : authorOf(item);
    const end = item.dataset.role === "assistant" ? item.querySelector(".message-state").textContent : "";
    return [head, sourceOf(item), end && `(${end})`, ""].filter((line, at) => line || at === 3).join("\n");
  });
  return lines.join("\n");
}

const authorOf = (item) => item.querySelector(".message-author").textContent;
