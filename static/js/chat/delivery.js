/**
 * Sends the visitor's messages in the order of writing. A message is sent when the one before it is acknowledged or
 * rejected; after a pause that the server asked for; or after a reconnect.
 */

import { addMessage, removeMessage } from "./transcript.js";
import { endPause, isPaused, isThrottled, startPause } from "./pause.js";
import { fill, gettext } from "../ui/i18n.js";
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

/** Starts for a chat. `sendFrame(frame)` returns false while disconnected; `askAgain()` reconnects. */
export function startDelivery({ user_id, session_id }, sendFrame, askAgain) {
  send = sendFrame;
  reconnect = askAgain;
  outbox.openOutbox(user_id);
  switchDelivery(session_id);
}

/** Sets the open session: messages written for an earlier session of the name are not sent automatically. */
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

/** Queues a new message. Returns false without an open chat. */
export function post(text) {
  if (!send) return false;
  const writtenAt = new Date(serverNow()).toISOString();
  enqueue({
    clientId: outbox.newClientId(),
    sessionId: session,
    text,
    writtenAt,
    failed: "",
    transmitted: false,
    tries: 0,
  });
  return true;
}

/** Sends all unacknowledged messages again; the server ignores those that it has stored already. */
export function deliverAll() {
  clearInFlight();
  deliverNext();
}

/** Shows all unacknowledged messages as waiting for the connection. */
export function markOffline() {
  clearInFlight();
  endPause();
  outbox.unsent().forEach(markWaiting);
}

/** Removes an acknowledged message from the outbox and sends the next one. */
export function acknowledge(clientId) {
  if (!outbox.remove(clientId)) return;
  continueAfter(clientId);
}

/** Shows the server's reason for a rejected message; with `retryAfter`, all unsent messages wait so many seconds. */
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

/** Sends a rejected message again. */
export function retryMessage(button) {
  const message = outbox.find(clientIdOf(button));
  if (message) enqueue({ ...message, sessionId: session, failed: "", tries: 0 });
}

/** Removes a rejected message and returns its text. */
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

// Behind a message in flight the others count as being sent, too, unless the server slows the visitor down.
function showQueue() {
  const unsent = outbox.unsent();
  for (const message of unsent) {
    if (isThrottled() && message.clientId !== inFlight) showMessage(message, "waiting", gettext("Waits its turn"));
    else showMessage(message, inFlight ? "sending" : "waiting");
  }
  if (unsent.length === 0) endPause();
  countWaiting();
}

// Waiting messages were not transmitted; transmitted ones show their state themselves.
function countWaiting() {
  const unsent = outbox.unsent();
  showWaiting({ waiting: unsent.filter(({ transmitted }) => !transmitted).length, unconfirmed: unsent.length });
}

function showMessage({ clientId, text, writtenAt, failed }, state, reason = failed) {
  addMessage({ role: "user", content: text, timestamp: writtenAt, id: clientId }, { state, reason });
}
