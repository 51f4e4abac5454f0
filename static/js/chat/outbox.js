/** Messages of the open chat that the server has not acknowledged yet; kept across a reload of the tab. */

import { saveUnsent, unsentOf } from "../ui/storage.js";

let userId = "";
let messages = [];

/** Turns to another chat and what is still unsent there: [{clientId, sessionId, text, writtenAt, failed, …}]. */
export function openOutbox(name) {
  userId = name;
  messages = unsentOf(name);
}

export const all = () => messages;

/** Keeps a message, or what has become of it: it stays in its place, for the order of writing is the order of sending. */
export function put(message) {
  const place = messages.findIndex(({ clientId }) => clientId === message.clientId);
  messages = place < 0 ? [...messages, message] : messages.with(place, message);
  saveUnsent(userId, messages);
}

/** Takes a message out, acknowledged or given up, and returns it. */
export function remove(clientId) {
  const removed = find(clientId);
  if (!removed) return undefined;
  messages = messages.filter((message) => message !== removed);
  saveUnsent(userId, messages);
  return removed;
}

export const find = (clientId) => messages.find((message) => message.clientId === clientId);

/** Returns what still has to go, oldest first: all but what was refused and waits for the visitor. */
export const unsent = () => messages.filter(({ failed }) => !failed);
