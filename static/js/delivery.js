/** Brings the visitor's messages to the server: at once, after a pause it asked for, or when it is back. */

import { addMessage, removeMessage } from "./chat.js";
import { newClientId } from "./client_id.js";
import { serverNow } from "./times.js";
import { showWaiting } from "./connection.js";
import { fill, gettext } from "./words.js";
import * as outbox from "./outbox.js";

const ANSWER_MS = 10_000;
const TRIES = 5;
let session = "";
let send = null;
let ask = null;
let timers = [];

/** Turns to a chat. `sendFrame(frame)` returns false while the line is down; `askAgain()` renews the line. */
export function startDelivery({ user_id, session_id }, sendFrame, askAgain) {
  send = sendFrame;
  ask = askAgain;
  outbox.openOutbox(user_id);
  deliverInto(session_id);
}

/** Tells which life of the name is open: what was written for an earlier one never goes by itself. */
export function deliverInto(sessionId) {
  session = sessionId;
  for (const message of outbox.all()) {
    const foreign = message.sessionId !== sessionId ? gettext("Written for the chat before this one.") : "";
    if (message.failed || foreign) fail({ ...message, gone: false }, message.failed || foreign);
    else hold(message);
  }
}

export function leaveDelivery() {
  send = null;
  timers.forEach(clearTimeout);
  timers = [];
}

/** Writes down a new message and sends it as soon as the line allows. Returns false without an open chat. */
export function post(text) {
  if (!send) return false;
  const writtenAt = new Date(serverNow()).toISOString();
  deliver({ clientId: newClientId(), sessionId: session, text, writtenAt, failed: "", tries: 0 });
  return true;
}

/** Sends all that is not acknowledged, in the order it was written; the server drops what it has already. */
export function deliverAll() {
  outbox.unsent().forEach(deliver);
}

/** Marks a message as acknowledged. */
export function settle(clientId) {
  if (!outbox.take(clientId)) return;
  countWaiting();
}

/** Shows why the server did not take a message; when it says after which pause it will, the message waits. */
export function refuse(clientId, { code, sentence, retryAfter }) {
  const message = outbox.find(clientId);
  if (!message) return;
  if (retryAfter) countDown(message, retryAfter, code);
  else fail(message, sentence);
}

/** Sends a refused message again. */
export function retryMessage(button) {
  const message = outbox.find(clientIdOf(button));
  if (message) deliver({ ...message, sessionId: session, failed: "", tries: 0 });
}

/** Takes a refused message back and returns its text. */
export function takeBack(button) {
  const clientId = clientIdOf(button);
  removeMessage(clientId);
  return outbox.take(clientId)?.text ?? "";
}

const clientIdOf = (button) => button.closest(".message").dataset.id;

function deliver(message) {
  if (message.tries >= TRIES) {
    fail(message, gettext("Nono did not confirm this message."));
    return;
  }
  const gone = send({ type: "message", text: message.text, client_id: message.clientId });
  outbox.put({ ...message, gone, tries: message.tries + (gone ? 1 : 0) });
  show(message, gone ? "sending" : "waiting");
  countWaiting();
  if (gone) later(() => outbox.find(message.clientId)?.failed === "" && ask(), ANSWER_MS);
}

function hold(message) {
  outbox.put({ ...message, gone: false });
  show(message, "waiting");
  countWaiting();
}

function fail(message, sentence) {
  outbox.put({ ...message, failed: sentence });
  show(message, "failed", sentence);
  countWaiting();
}

function countDown(message, seconds, code) {
  if (!outbox.find(message.clientId)) return;
  if (seconds <= 0) {
    deliver({ ...message, tries: 0 });
    return;
  }
  const why = {
    rate_limited: gettext("A little slower, please: goes in %(seconds)s s"),
    store_unavailable: gettext("Nono cannot keep it just now: tried again in %(seconds)s s"),
  };
  show(message, "waiting", fill(why[code] ?? gettext("Tried again in %(seconds)s s"), { seconds }));
  later(() => countDown(message, seconds - 1, code), 1000);
}

// What waits is what the line has not even taken; what was sent and not confirmed says so on its own bubble.
function countWaiting() {
  const unsent = outbox.unsent();
  showWaiting({ waiting: unsent.filter(({ gone }) => !gone).length, unconfirmed: unsent.length });
}

function show({ clientId, text, writtenAt, failed }, state, reason = failed) {
  addMessage({ role: "user", content: text, timestamp: writtenAt, id: clientId }, { state, reason });
}

function later(act, delay) {
  timers.push(setTimeout(act, delay));
}
