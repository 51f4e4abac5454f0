/** The operator's transcript page: appends the messages of the chat while they arrive, as plain text. */

import { LiveSocket } from "../net/live_socket.js";
import { gettext } from "../ui/i18n.js";

const END_PX = 40;
const NOT_ALLOWED = 4403;
const list = document.getElementById("transcript");
const status = document.getElementById("following");
const silence = document.getElementById("silence");
const latest = document.getElementById("latest");
const template = document.getElementById("line");
const speakers = JSON.parse(document.getElementById("speakers").textContent);
const levels = JSON.parse(document.getElementById("levels").textContent);
const state = { pass: list.dataset.pass, epoch: list.dataset.epoch, seq: Number(list.dataset.seq), reply: null };
const sentences = {
  live: gettext("Live: what is said appears here by itself."),
  down: gettext("Not live just now. Connecting again …"),
  cleared: gettext("The chat was cleared."),
  expired: gettext("The chat's time is over; it is gone."),
  ended: gettext("The chat has ended."),
  refused: gettext("You no longer follow this chat. To go on, open the transcript again with a reason."),
};
const endings = {
  stopped: gettext("stopped before its end"),
  interrupted: gettext("interrupted"),
  error: gettext("ended by an error"),
  length: gettext("cut at the length limit"),
  content_filter: gettext("withheld by the provider"),
  refusal: gettext("the model declined"),
};

const socket = new LiveSocket({
  address: addressNow,
  hello: "welcome",
  onFrame: (frame) => followEnd(() => frames[frame.type]?.(frame)),
  onState: (line) => line !== "connecting" && showStatus(line),
  onEnd: (code) => {
    if (code === NOT_ALLOWED) showStatus("refused");
    else if (!["cleared", "expired"].includes(status.dataset.state)) showStatus("ended");
  },
});

const frames = {
  welcome({ session, epoch, seq, recovered, messages, reply, running }) {
    if (!recovered) list.replaceChildren();
    detachReply()?.remove();
    Object.assign(state, { epoch, seq });
    speakers[""] = speakers[session.persona] ?? speakers[""];
    for (const message of messages) addMessage(message);
    if (running) startReply(reply, running.reply_id);
    updateEmptyNote();
  },

  message: ({ message }) => addMessage(message),
  start: ({ reply_id }) => startReply("", reply_id),

  chunk({ reply_id, offset, content }) {
    const reply = state.reply;
    if (reply?.id !== reply_id || offset > reply.length) {
      socket.restart();
      return;
    }
    // Offsets count characters; a JavaScript string counts UTF-16 code units.
    const fresh = Array.from(content).slice(reply.length - offset);
    reply.said.append(fresh.join(""));
    reply.length += fresh.length;
  },

  complete({ message }) {
    detachReply()?.remove();
    if (message) addMessage(message);
  },

  replaced({ reply_id, seq, epoch }) {
    lineOf(reply_id)?.remove();
    Object.assign(state, { epoch, seq: Math.min(state.seq, seq - 1) });
  },

  session: ({ session }) => (speakers[""] = speakers[session.persona] ?? speakers[""]),
  cleared: () => showStatus("cleared"),
  expired: () => showStatus("expired"),
  restored: () => showStatus("live"),
  pass: ({ pass }) => (state.pass = pass),
};

function addMessage(message) {
  lineOf(message.id)?.remove();
  const { persona, safety } = message.metadata;
  const isUser = message.role === "user";
  const line = lineBy(message.role, isUser ? gettext("Visitor") : (speakers[persona] ?? speakers[""]));
  line.dataset.id = message.id;
  const time = line.querySelector("time");
  time.dateTime = message.timestamp;
  time.textContent = moment(message.timestamp);
  line.querySelector(".ending").textContent = isUser ? "" : (endings[endOf(message.metadata)] ?? "");
  if (isUser) markLevel(line.querySelector(".level"), safety);
  line.querySelector(".said").textContent = message.content;
  state.seq = Math.max(state.seq, message.seq);
  updateEmptyNote();
}

/** Returns which of `endings` fits a reply, as chat_app/reply_end.py does. */
function endOf({ state: ending, finish_reason: finish, reason }) {
  if (ending === "error" && reason === "policy") return "content_filter";
  return ["stopped", "interrupted"].includes(ending) || !(finish in endings) ? ending : finish;
}

function markLevel(place, level) {
  place.textContent = levels[level] ?? "";
  if (level in levels) place.classList.add(level);
}

function startReply(text, id) {
  detachReply()?.remove();
  const line = lineBy("assistant", speakers[""]);
  line.classList.add("growing");
  line.querySelector(".ending").textContent = gettext("is being said");
  const said = line.querySelector(".said");
  said.append(text);
  state.reply = { id, line, said, length: Array.from(text).length };
  updateEmptyNote();
}

function detachReply() {
  const line = state.reply?.line;
  state.reply = null;
  return line;
}

function lineBy(role, name) {
  const line = template.content.firstElementChild.cloneNode(true);
  line.className = `module ${role}`;
  line.querySelector(".by").textContent = name;
  // A message may arrive while a reply is written: the reply stays last, as it will be stored.
  list.insertBefore(line, state.reply?.line ?? null);
  return line;
}

function lineOf(id) {
  return Array.from(list.children).find((line) => line.dataset.id === id);
}

function updateEmptyNote() {
  silence.hidden = list.childElementCount > 0;
}

function showStatus(name) {
  status.dataset.state = name;
  status.textContent = sentences[name];
}

// Scrolls to the end after a change if the end was in view before it.
function followEnd(change) {
  const follows = isAtEnd();
  change();
  if (follows) goToEnd();
  offerEnd();
}

function isAtEnd() {
  return list.getBoundingClientRect().bottom <= document.documentElement.clientHeight + END_PX;
}

function goToEnd() {
  list.lastElementChild?.scrollIntoView({ block: "end" });
}

function offerEnd() {
  latest.hidden = isAtEnd();
}

function addressNow() {
  const address = new URL(list.dataset.socket, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("pass", state.pass);
  address.searchParams.set("epoch", state.epoch);
  address.searchParams.set("after", String(state.seq));
  return address;
}

function moment(iso) {
  const read = new Date(iso);
  return Number.isNaN(read.getTime()) ? "unknown" : `${read.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

history.scrollRestoration = "manual";
addEventListener("scroll", offerEnd, { passive: true });
addEventListener("resize", offerEnd);
goToEnd();
offerEnd();
socket.open();
