/** Data in the browser's storage: drafts and unsent messages (this tab); theme, shortcuts, plan, last chat. */

/** Returns the draft of a chat, or "". */
export const draftOf = (userId) => read(sessionStorageOrNull(), `nono:draft:${userId}`) ?? "";
export const saveDraft = (userId, text) => write(sessionStorageOrNull(), `nono:draft:${userId}`, text);

/** Returns the unacknowledged messages of a chat: [{clientId, text, writtenAt}]. */
export function unsentOf(userId) {
  try {
    return JSON.parse(read(sessionStorageOrNull(), `nono:unsent:${userId}`) ?? "[]");
  } catch {
    return [];
  }
}
export const saveUnsent = (userId, messages) =>
  write(sessionStorageOrNull(), `nono:unsent:${userId}`, messages.length ? JSON.stringify(messages) : "");

export const lastChat = () => read(localStorageOrNull(), "nono:last") ?? "";
export const saveLastChat = (userId) => write(localStorageOrNull(), "nono:last", userId);

export const savedTheme = () => read(localStorageOrNull(), "nono:theme") ?? "system";
export const saveTheme = (choice) => write(localStorageOrNull(), "nono:theme", choice === "system" ? "" : choice);

/** Returns whether keyboard shortcuts are enabled; they are by default. */
export const shortcutsEnabled = () => read(localStorageOrNull(), "nono:shortcuts") !== "off";
export const saveShortcuts = (on) => write(localStorageOrNull(), "nono:shortcuts", on ? "" : "off");

/** Returns the safety plan's fields by name, {} if there is none. */
export function savedPlan() {
  try {
    return JSON.parse(read(localStorageOrNull(), "nono:plan") ?? "{}");
  } catch {
    return {};
  }
}

/** Saves the plan, or deletes it if all fields are empty; returns whether that worked. */
export function savePlan(fields) {
  const text = Object.values(fields).some(Boolean) ? JSON.stringify(fields) : "";
  write(localStorageOrNull(), "nono:plan", text);
  return (read(localStorageOrNull(), "nono:plan") ?? "") === text;
}

const SETTINGS = ["theme", "shortcuts"];

/** Returns the number of bytes by kind: draft, unsent, plan, last, settings. */
export function storedSizes() {
  const sizes = {};
  for (const [storage, key] of ownEntries()) {
    const [, name] = key.split(":");
    const kind = SETTINGS.includes(name) ? "settings" : name;
    sizes[kind] = (sizes[kind] ?? 0) + new Blob([key, storage.getItem(key)]).size;
  }
  return sizes;
}

/** Deletes drafts, settings and the last chat's name. */
export function clearPreferences() {
  for (const [storage, key] of ownEntries()) {
    if (["draft", "last", ...SETTINGS].includes(key.split(":")[1])) storage.removeItem(key);
  }
}

function ownEntries() {
  return [sessionStorageOrNull(), localStorageOrNull()]
    .filter(Boolean)
    .flatMap((storage) => Object.keys(storage).map((key) => [storage, key]))
    .filter(([, key]) => key.startsWith("nono:"));
}

function read(storage, key) {
  return storage?.getItem(key) || null;
}

function write(storage, key, value) {
  try {
    if (value) storage?.setItem(key, value);
    else storage?.removeItem(key);
  } catch {
    // Storage is full or forbidden; the page works without it.
  }
}

// Reading these properties throws if the browser blocks storage.
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
