/**
 * Brings the visitor's messages to the server, in the order they were written: one after the other, each when the one
 * before it is confirmed or refused; after a pause that the server asked for, or when it is back.
 */

import { addMessage, removeMessage } from "./transcript.js";
import { endPause, isPaused, isSlowed, pauseFor } from "./pause.js";
import { fill, gettext } from "../ui/i18n.js";
import { newClientId } from "../net/client_id.js";
import { serverNow } from "../ui/times.js";
import { showWaiting } from "./connection.js";
import * as outbox from "./outbox.js";

const ANSWER_MS = 10_000;
const TRIES = 5;
let session = "";
let send = null;
let ask = null;
let onItsWay = "";
let patience = 0;

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
  answered();
  endPause();
}

/** Writes down a new message and sends it when its turn comes. Returns false without an open chat. */
export function post(text) {
  if (!send) return false;
  const writtenAt = new Date(serverNow()).toISOString();
  enqueue({ clientId: newClientId(), sessionId: session, text, writtenAt, failed: "", gone: false, tries: 0 });
  return true;
}

/** Sends all that is not acknowledged, in the order it was written; the server drops what it has already. */
export function deliverAll() {
  answered();
  deliverNext();
}

/** Tells that the line is down: what is not confirmed waits for it. */
export function holdAll() {
  answered();
  endPause();
  outbox.unsent().forEach(hold);
}

/** Marks a message as acknowledged. */
export function settle(clientId) {
  if (!outbox.take(clientId)) return;
  goOnAfter(clientId);
}

/** Shows why the server did not take a message; when it says after which pause it will, all that is unsent waits. */
export function refuse(clientId, { code, sentence, retryAfter }) {
  const message = outbox.find(clientId);
  if (!message) return;
  if (retryAfter) {
    outbox.put({ ...message, tries: 0 });
    answered();
    pauseFor(retryAfter, (seconds) => reasonFor(code, seconds), deliverNext);
    showQueue();
  } else {
    fail(message, sentence);
    goOnAfter(clientId);
  }
}

/** Sends a refused message again. */
export function retryMessage(button) {
  const message = outbox.find(clientIdOf(button));
  if (message) enqueue({ ...message, sessionId: session, failed: "", tries: 0 });
}

/** Takes a refused message back and returns its text. */
export function takeBack(button) {
  const clientId = clientIdOf(button);
  removeMessage(clientId);
  return outbox.take(clientId)?.text ?? "";
}

const clientIdOf = (button) => button.closest(".message").dataset.id;

function enqueue(message) {
  outbox.put(message);
  deliverNext();
}

function deliverNext() {
  const message = outbox.unsent()[0];
  if (message && !onItsWay && !isPaused()) deliver(message);
  showQueue();
}

function deliver(message) {
  if (message.tries >= TRIES) {
    fail(message, gettext("Nono did not confirm this message."));
    deliverNext();
    return;
  }
  const gone = send({ type: "message", text: message.text, client_id: message.clientId });
  outbox.put({ ...message, gone, tries: message.tries + (gone ? 1 : 0) });
  if (!gone) return;
  onItsWay = message.clientId;
  patience = setTimeout(ask, ANSWER_MS);
}

function goOnAfter(clientId) {
  if (clientId === onItsWay) deliverAll();
  else countWaiting();
}

function answered() {
  clearTimeout(patience);
  onItsWay = "";
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
    if (isSlowed() && message.clientId !== onItsWay) show(message, "waiting", gettext("Waits its turn"));
    else show(message, onItsWay ? "sending" : "waiting");
  }
  if (unsent.length === 0) endPause();
  countWaiting();
}

// What waits is what the line has not even taken; what was sent and not confirmed says so on its own bubble.
function countWaiting() {
  const unsent = outbox.unsent();
  showWaiting({ waiting: unsent.filter(({ gone }) => !gone).length, unconfirmed: unsent.length });
}

function show({ clientId, text, writtenAt, failed }, state, reason = failed) {
  addMessage({ role: "user", content: text, timestamp: writtenAt, id: clientId }, { state, reason });
}
