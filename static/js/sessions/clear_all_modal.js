/** The confirmation for clearing all listed chats; one undo restores all of them. */

import { announce } from "../ui/announcer.js";
import { deleteSession, Problem } from "../net/api.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";
import { offerUndoOfAll } from "./undo.js";
import { removeRow, shownNames } from "./sessions_list.js";
import { showToast } from "../ui/toast.js";
import { serverNow } from "../ui/times.js";
import { showCleared } from "../chat/conversation.js";

const PARALLEL = 4;
let modal;
let names = [];

/** Looks up the elements. */
export function init() {
  modal = document.getElementById("clear-all-modal");
}

/** Asks whether to clear the chats that the list shows. */
export function openClearAllModal() {
  names = shownNames();
  if (names.length === 0) return;
  const count = names.length;
  const question = ngettext("Clear %(count)s chat?", "Clear %(count)s chats?", count);
  const answer = ngettext("Clear %(count)s chat", "Clear %(count)s chats", count);
  modal.querySelector("h2").textContent = fill(question, { count });
  modal.querySelector("[data-action=clearAll]").textContent = fill(answer, { count });
  modal.showModal();
}

export function closeClearAllModal() {
  modal.close();
}

/** Clears them, a few at a time, and offers to restore all of them. */
export async function clearAll() {
  closeClearAllModal();
  const waiting = [...names];
  const cleared = [];
  const refused = [];
  announce(gettext("Clearing …"));
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await clear(name, cleared, refused);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  report(cleared, refused);
}

async function clear(userId, cleared, refused) {
  try {
    const { undo, undo_until } = await deleteSession(userId);
    cleared.push({ userId, token: undo, until: Date.parse(undo_until) });
    showCleared(userId);
    removeRow(userId);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    // Already gone counts as cleared.
    if (problem.code === "session_not_found") removeRow(userId);
    else refused.push(problem.detail);
  }
}

function report(cleared, refused) {
  const undoMs = Math.max(0, Math.min(...cleared.map(({ until }) => until)) - serverNow());
  const count = refused.length;
  const sentence = ngettext("%(count)s chat is still there.", "%(count)s chats are still there.", count);
  const rest = count ? `${fill(sentence, { count })} ${refused[0]}` : "";
  if (cleared.length) offerUndoOfAll(cleared, undoMs, rest);
  else if (rest) showToast(rest);
}
