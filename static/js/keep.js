/** What this browser keeps: drafts and unsent messages per chat (this tab), theme and last chat (all tabs). */

/** Returns the draft of a chat, or "". */
export const draftOf = (userId) => read(sessionStorageOrNull(), `nono:draft:${userId}`) ?? "";
export const keepDraft = (userId, text) => write(sessionStorageOrNull(), `nono:draft:${userId}`, text);

/** Returns the messages that were written but not yet acknowledged: [{clientId, text, writtenAt}]. */
export function unsentOf(userId) {
  try {
    return JSON.parse(read(sessionStorageOrNull(), `nono:unsent:${userId}`) ?? "[]");
  } catch {
    return [];
  }
}
export const keepUnsent = (userId, messages) =>
  write(sessionStorageOrNull(), `nono:unsent:${userId}`, messages.length ? JSON.stringify(messages) : "");

export const lastChat = () => read(localStorageOrNull(), "nono:last") ?? "";
export const keepLastChat = (userId) => write(localStorageOrNull(), "nono:last", userId);

export const theme = () => read(localStorageOrNull(), "nono:theme") ?? "system";
export const keepTheme = (choice) => write(localStorageOrNull(), "nono:theme", choice === "system" ? "" : choice);

/** Whether single keys do something: on, until switched off. */
export const shortcuts = () => read(localStorageOrNull(), "nono:shortcuts") !== "off";
export const keepShortcuts = (on) => write(localStorageOrNull(), "nono:shortcuts", on ? "" : "off");

function read(storage, key) {
  return storage?.getItem(key) || null;
}

function write(storage, key, value) {
  try {
    if (value) storage?.setItem(key, value);
    else storage?.removeItem(key);
  } catch {
    // Full or forbidden: the page works on, it only forgets sooner.
  }
}

// Merely naming the storages throws where a browser blocks them.
function sessionStorageOrNull() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function localStorageOrNull() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
