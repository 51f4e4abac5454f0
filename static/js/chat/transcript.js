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
 * Sort keys of the items. A stored message has its seq. Between two messages come, in this order, the reply to the
 * first one and a notice; a line comes directly after the last item.
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
 * Shows a message, or updates the one with its id: the browser makes the id of a visitor's message, so the stored
 * message replaces the unsent one. element: the bubble that a reply was streamed into. state: "sending", "waiting",
 * "failed" or "sent"; reason: a sentence; answer: the elements of the content, if they exist already.
 */
export function addMessage(message, { state = "sent", reason = "", element = null, answer = null } = {}) {
  const known = byId.get(message.id);
  // A stored message never changes.
  if (known?.dataset.seq === String(message.seq) && !element) return;
  if (known && element) element.remove();
  const item = known ?? element ?? copyOf(`message-${message.role}`);
  byId.set(message.id, item);
  render(item, message, { state, reason, answer });
  place(item, orderOf(message));
  starters.hidden = true;
  markNotEmpty();
  // A message written in this tab is known before it is stored and is not new.
  if (message.seq && !known) countUnseen();
}

/** Shows a history; converts the Markdown of all replies at once, which is faster. */
export function addMessages(messages) {
  const answers = messages.filter(({ id, role }) => role === "assistant" && !byId.has(id));
  const made = elementsOfTexts(answers.map(({ content }) => content));
  const byMessage = new Map(answers.map((message, at) => [message, made[at]]));
  for (const message of messages) addMessage(message, { answer: byMessage.get(message) });
}

/** Removes a message that is not stored. */
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

/** Shows the persona, its greeting (which is not stored) and its starters. */
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

/** Inserts an item by its `order`, after items with the same order. */
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

/** Inserts a line after all stored messages. */
export function placeAfterStored(item) {
  const orders = Array.from(list.children, ({ dataset }) => Number(dataset.order)).filter(Number.isFinite);
  place(item, ORDER.line(Math.max(ORDER.start, ...orders)));
}

/** Shows the author: the persona of the message, because the session's persona may change. */
export function setAuthor(item, personaKey) {
  const persona = personaOf(personaKey);
  item.querySelector(".message-author").textContent = persona.name;
  item.querySelector(".message-avatar").replaceChildren(persona.avatar());
}

// A reply comes directly after the message that it answers, even if other messages were stored before it.
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

// It is a sibling of the reply's text, so that it is neither copied nor announced with it.
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

/** Returns the source text of a message. */
export const sourceOf = (item) => sources.get(item) ?? "";

/** Returns the text of a message for screen readers, with its state, without Markdown marks and buttons. */
export function spokenText(id) {
  const item = byId.get(id);
  if (!item) return "";
  const copy = item.querySelector(".message-text").cloneNode(true);
  for (const head of copy.querySelectorAll(".code-head")) head.remove();
  // textContent has no spaces between blocks.
  for (const block of copy.querySelectorAll("p, li, h4, pre, td, th, br")) block.after(" ");
  return `${copy.textContent} ${item.querySelector(".message-state").textContent}`.replace(/\s+/g, " ").trim();
}

// Replies are Markdown; the visitor's messages are plain text.
function renderText(item, role, content, answer) {
  sources.set(item, content);
  const text = item.querySelector(".message-text");
  if (role === "assistant") text.replaceChildren(answer ?? elementsOfText(content));
  else text.textContent = content;
}

/** Returns the stored messages, oldest first: [{role, author, content}]. */
export function storedMessages() {
  return Array.from(list.querySelectorAll(".message[data-seq]"), (item) => ({
    role: item.dataset.role,
    author: authorOf(item),
    content: sourceOf(item),
  }));
}

/** Returns the conversation on the page as plain text. */
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
