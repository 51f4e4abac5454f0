/** Unacknowledged messages of the open chat, stored so that they survive a reload of the tab. */

import { saveUnsent, unsentOf } from "../ui/storage.js";

let userId = "";
let messages = [];

/** Reads the messages of a chat: [{clientId, sessionId, text, writtenAt, failed, transmitted, tries}]. */
export function openOutbox(name) {
  userId = name;
  messages = unsentOf(name);
}

export const all = () => messages;

/** Adds a message, or replaces the one with its id at its place: the order of writing is the order of sending. */
export function put(message) {
  const place = messages.findIndex(({ clientId }) => clientId === message.clientId);
  messages = place < 0 ? [...messages, message] : messages.with(place, message);
  saveUnsent(userId, messages);
}

/** Removes a message and returns it; undefined if it is unknown. */
export function remove(clientId) {
  const removed = find(clientId);
  if (!removed) return undefined;
  messages = messages.filter((message) => message !== removed);
  saveUnsent(userId, messages);
  return removed;
}

export const find = (clientId) => messages.find((message) => message.clientId === clientId);

/** Returns the messages to send, oldest first: all but the failed ones. */
export const unsent = () => messages.filter(({ failed }) => !failed);

/** Returns a random UUID (version 4); works on http:// addresses too, which lack crypto.randomUUID. */
export function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
