/** The entry: one delegated listener for everything that can be pressed, and the first chat of a visit. */

import "./ui/language.js";
import "./ui/menu.js";
import { chooseTheme } from "./ui/theme.js";
import { closeShortcuts, openShortcuts } from "./ui/shortcuts.js";
import { copyCode, copyMessage } from "./chat/copy.js";
import {
  clearListedSession,
  closeManageSessionsModal,
  openListedSession,
  openManageSessionsModal,
} from "./sessions/manage_sessions_modal.js";
import { acceptUndo } from "./sessions/undo.js";
import { clearSession } from "./sessions/clear_session.js";
import { clearAll, closeClearAllModal, openClearAllModal } from "./sessions/clear_all_modal.js";
import {
  clearHeldChat,
  closeHeldModal,
  clearBrowserData,
  openHeldModal,
  retryHoldings,
} from "./sessions/held_modal.js";
import { closeMenu } from "./ui/menu.js";
import {
  closeNewSessionModal,
  openExistingSession,
  openNewSessionModal,
  submitNewSession,
} from "./sessions/new_session_modal.js";
import { createNewSession, loadChatHistory, openNamedSession, switchSession } from "./sessions/sessions.js";
import { downloadExport, downloadTranscript } from "./chat/download.js";
import { editMessage, insertRecap, sendMessage, useStarter } from "./chat/composer.js";
import { deletePlan } from "./safety/plan.js";
import { jumpToLatest } from "./chat/follow.js";
import { extendSession } from "./sessions/extend.js";
import { lastChat } from "./ui/storage.js";
import { page } from "./ui/page.js";
import { Problem } from "./net/api.js";
import { displaySessionsList, loadSessionsList, retryList } from "./sessions/sessions_list.js";
import { addMessage, storedMessages } from "./chat/transcript.js";
import { continueReply, reconnect, retryReply, showRestored, stopReply, tryNow } from "./chat/conversation.js";
import { removeLoading, showLoading } from "./chat/reply.js";
import { retryMessage } from "./chat/delivery.js";
import { toggleSafety } from "./safety/card.js";
import { showChatEnded, showChatEndedProblem } from "./chat/chat_ended.js";
import { onExpired } from "./ui/clock.js";

const actions = {
  chooseTheme,
  clearAll,
  clearHeldChat,
  clearListedSession,
  clearOpenSession,
  closeClearAllModal,
  closeHeldModal,
  closeManageSessionsModal,
  closeNewSessionModal,
  closeShortcuts,
  continueReply,
  copyCode,
  copyMessage,
  downloadExport,
  downloadTranscript,
  editMessage,
  clearBrowserData,
  deletePlan,
  jumpToLatest,
  extendSession,
  openAgain: openFirstChat,
  openClearAllModal,
  openExistingSession,
  openHeldModal,
  openListedSession,
  openManageSessionsModal,
  openNewSessionModal,
  openShortcuts,
  retryHoldings,
  retryList,
  retryMessage,
  retryReply,
  sendMessage,
  startAgain,
  startAgainWithText,
  stopReply,
  submitNewSession,
  toggleSafety,
  tryNow,
  undoClear,
  useStarter,
};

// The functions that the mission document names, under those names, for scripts and the console.
Object.assign(window, {
  addMessage,
  closeManageSessionsModal,
  closeNewSessionModal,
  createNewSession,
  displaySessionsList,
  loadChatHistory,
  loadSessionsList,
  openManageSessionsModal,
  openNewSessionModal,
  removeLoading,
  sendMessage,
  showLoading,
  switchSession,
});

function dispatch(event) {
  const element = event.type === "submit" ? event.target : event.target.closest?.("button[data-action]");
  const act = actions[element?.dataset.action];
  if (!act) return;
  event.preventDefault();
  closeMenu();
  act(element, event);
}

/** Opens the chat of the address, else the last one if it is alive, else a new one that greets. */
async function openFirstChat() {
  const named = page.dataset.userId;
  if (named) {
    await openNamedSession(named, { replace: true });
    return;
  }
  try {
    await openLastOrNew();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showChatEnded("unreachable", "", problem.detail);
  }
}

async function openLastOrNew() {
  try {
    if (lastChat()) {
      await switchSession(lastChat(), { replace: true });
      return;
    }
  } catch (problem) {
    if (problem.code !== "session_not_found") throw problem;
  }
  await createNewSession({ replace: true });
}

/** Begins the chat anew under its old name; somebody who was faster has begun it already. */
async function startAgain() {
  const { userId, persona } = page.dataset;
  try {
    await createNewSession({ userId, persona });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "session_exists")
      await switchSession(userId).catch(() => showChatEndedProblem(problem.detail));
    else showChatEndedProblem(problem.detail);
  }
}

/** Begins it anew with what was said in the field, for the visitor to change and to send. */
async function startAgainWithText() {
  const said = storedMessages();
  await startAgain();
  if (!page.dataset.ended) insertRecap(said);
}

function clearOpenSession() {
  clearSession(page.dataset.userId);
}

async function undoClear() {
  for (const userId of await acceptUndo()) showRestored(userId);
  if (document.querySelector("#manage-sessions-modal[open]")) loadSessionsList();
}

document.addEventListener("click", dispatch);
document.addEventListener("submit", dispatch);
window.addEventListener("popstate", ({ state }) => {
  if (state?.userId) openNamedSession(state.userId, { push: false });
});
onExpired(reconnect);
openFirstChat();
