/**
 * Brings the visitor's messages to the server, in the order they were written: one after the other, each when the one
 * before it is confirmed or refused; after a pause that the server asked for, or when it is back.
 */

import { addMessage, removeMessage } from "./transcript.js";
import { endPause, isPaused, isThrottled, startPause } from "./pause.js";
import { fill, gettext } from "../ui/i18n.js";
import { newClientId } from "../net/client_id.js";
import { serverNow } from "../ui/times.js";
import { showWaiting } from "./connection.js";
import * as outbox from "./outbox.js";

const ACK_TIMEOUT_MS = 10_000;
const MAX_TRIES = 5;
let session = "";
let send = null;
let reconnect = null;
let inFlight = "";
let ackTimer = 0;

/** Turns to a chat. `sendFrame(frame)` returns false while the line is down; `askAgain()` renews the line. */
export function startDelivery({ user_id, session_id }, sendFrame, askAgain) {
  send = sendFrame;
  reconnect = askAgain;
  outbox.openOutbox(user_id);
  switchDelivery(session_id);
}

/** Tells which life of the name is open: what was written for an earlier one never goes by itself. */
export function switchDelivery(sessionId) {
  session = sessionId;
  for (const message of outbox.all()) {
    const foreign = message.sessionId !== sessionId ? gettext("Written for the chat before this one.") : "";
    if (message.failed || foreign) markFailed({ ...message, transmitted: false }, message.failed || foreign);
    else markWaiting(message);
  }
}

export function stopDelivery() {
  send = null;
  clearInFlight();
  endPause();
}

/** Writes down a new message and sends it when its turn comes. Returns false without an open chat. */
export function post(text) {
  if (!send) return false;
  const writtenAt = new Date(serverNow()).toISOString();
  enqueue({ clientId: newClientId(), sessionId: session, text, writtenAt, failed: "", transmitted: false, tries: 0 });
  return true;
}

/** Sends all that is not acknowledged, in the order it was written; the server drops what it has already. */
export function deliverAll() {
  clearInFlight();
  deliverNext();
}

/** Tells that the line is down: what is not confirmed waits for it. */
export function markOffline() {
  clearInFlight();
  endPause();
  outbox.unsent().forEach(markWaiting);
}

/** Marks a message as acknowledged. */
export function acknowledge(clientId) {
  if (!outbox.remove(clientId)) return;
  continueAfter(clientId);
}

/** Shows why the server did not take a message; when it says after which pause it will, all that is unsent waits. */
export function rejectMessage(clientId, { code, sentence, retryAfter }) {
  const message = outbox.find(clientId);
  if (!message) return;
  if (retryAfter) {
    outbox.put({ ...message, tries: 0 });
    clearInFlight();
    startPause(retryAfter, (seconds) => reasonFor(code, seconds), deliverNext);
    showQueue();
  } else {
    markFailed(message, sentence);
    continueAfter(clientId);
  }
}

/** Sends a refused message again. */
export function retryMessage(button) {
  const message = outbox.find(clientIdOf(button));
  if (message) enqueue({ ...message, sessionId: session, failed: "", tries: 0 });
}

/** Takes a refused message back and returns its text. */
export function withdrawMessage(button) {
  const clientId = clientIdOf(button);
  removeMessage(clientId);
  return outbox.remove(clientId)?.text ?? "";
}

const clientIdOf = (button) => button.closest(".message").dataset.id;

function enqueue(message) {
  outbox.put(message);
  deliverNext();
}

function deliverNext() {
  const message = outbox.unsent()[0];
  if (message && !inFlight && !isPaused()) deliver(message);
  showQueue();
}

function deliver(message) {
  if (message.tries >= MAX_TRIES) {
    markFailed(message, gettext("Nono did not confirm this message."));
    deliverNext();
    return;
  }
  const transmitted = send({ type: "message", text: message.text, client_id: message.clientId });
  outbox.put({ ...message, transmitted, tries: message.tries + (transmitted ? 1 : 0) });
  if (!transmitted) return;
  inFlight = message.clientId;
  ackTimer = setTimeout(reconnect, ACK_TIMEOUT_MS);
}

function continueAfter(clientId) {
  if (clientId === inFlight) deliverAll();
  else countWaiting();
}

function clearInFlight() {
  clearTimeout(ackTimer);
  inFlight = "";
}

function markWaiting(message) {
  outbox.put({ ...message, transmitted: false });
  showMessage(message, "waiting");
  countWaiting();
}

function markFailed(message, sentence) {
  outbox.put({ ...message, failed: sentence });
  showMessage(message, "failed", sentence);
  countWaiting();
}

function reasonFor(code, seconds) {
  const count = outbox.unsent().length;
  const slower =
    count === 1
      ? gettext("A little slower, please: your message goes in %(seconds)s s.")
      : gettext("A little slower, please: %(count)s messages wait, the next one goes in %(seconds)s s.");
  const why = {
    rate_limited: slower,
    store_unavailable: gettext("Nono cannot keep it just now: tried again in %(seconds)s s"),
  };
  return fill(why[code] ?? gettext("Tried again in %(seconds)s s"), { count, seconds });
}

// What the line takes in a moment is being sent, too; between pauses it waits its turn, and the pause says how long.
function showQueue() {
  const unsent = outbox.unsent();
  for (const message of unsent) {
    if (isThrottled() && message.clientId !== inFlight) showMessage(message, "waiting", gettext("Waits its turn"));
    else showMessage(message, inFlight ? "sending" : "waiting");
  }
  if (unsent.length === 0) endPause();
  countWaiting();
}

// What waits is what the line has not even taken; what was sent and not confirmed says so on its own bubble.
function countWaiting() {
  const unsent = outbox.unsent();
  showWaiting({ waiting: unsent.filter(({ transmitted }) => !transmitted).length, unconfirmed: unsent.length });
}

function showMessage({ clientId, text, writtenAt, failed }, state, reason = failed) {
  addMessage({ role: "user", content: text, timestamp: writtenAt, id: clientId }, { state, reason });
}
