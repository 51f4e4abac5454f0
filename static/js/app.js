/** Entry point: initialises the modules, listens to all buttons and forms, and opens the first chat. */

import { init as initChatEnded, showChatEnded, showChatEndedProblem } from "./chat/chat_ended.js";
import { init as initComposer, editMessage, insertRecap, sendMessage, useStarter } from "./chat/composer.js";
import { init as initConnection } from "./chat/connection.js";
import { init as initContextLine } from "./chat/context_line.js";
import { continueReply, reconnect, retryReply, showRestored, stopReply, tryNow } from "./chat/conversation.js";
import { copyCode, copyMessage } from "./chat/copy.js";
import { retryMessage } from "./chat/delivery.js";
import { downloadExport, downloadTranscript } from "./chat/download.js";
import { init as initFollow, jumpToLatest } from "./chat/follow.js";
import { init as initObserverBanner } from "./chat/observer_banner.js";
import { init as initPause } from "./chat/pause.js";
import { removeLoading, showLoading } from "./chat/reply.js";
import { init as initSendButton } from "./chat/send_button.js";
import { init as initTranscript, addMessage, storedMessages } from "./chat/transcript.js";
import { Problem } from "./net/api.js";
import { init as initCard, toggleSafety } from "./safety/card.js";
import { init as initPlan, deletePlan } from "./safety/plan.js";
import {
  init as initClearAllModal,
  clearAll,
  closeClearAllModal,
  openClearAllModal,
} from "./sessions/clear_all_modal.js";
import { clearSession } from "./sessions/clear_session.js";
import { extendSession } from "./sessions/extend.js";
import {
  init as initHeldModal,
  clearBrowserData,
  clearHeldChat,
  closeHeldModal,
  openHeldModal,
  retryHoldings,
} from "./sessions/held_modal.js";
import {
  init as initManageSessionsModal,
  clearListedSession,
  closeManageSessionsModal,
  openListedSession,
  openManageSessionsModal,
} from "./sessions/manage_sessions_modal.js";
import {
  init as initNewSessionModal,
  closeNewSessionModal,
  openExistingSession,
  openNewSessionModal,
  submitNewSession,
} from "./sessions/new_session_modal.js";
import {
  init as initSessions,
  createNewSession,
  loadChatHistory,
  openNamedSession,
  switchSession,
} from "./sessions/sessions.js";
import {
  init as initSessionsList,
  displaySessionsList,
  loadSessionsList,
  retryList,
} from "./sessions/sessions_list.js";
import { init as initUndo, acceptUndo } from "./sessions/undo.js";
import { init as initClock, onExpired } from "./ui/clock.js";
import { init as initHeader } from "./ui/header.js";
import { init as initMenu, closeMenu } from "./ui/menu.js";
import { init as initPage, page } from "./ui/page.js";
import { init as initShortcuts, closeShortcuts, openShortcuts } from "./ui/shortcuts.js";
import { lastChat } from "./ui/storage.js";
import { init as initTheme, chooseTheme } from "./ui/theme.js";
import { init as initTimes } from "./ui/times.js";
import { init as initToast } from "./ui/toast.js";

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

// Functions with documented names, for scripts and the console.
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

/** Opens the chat named in the address, else the last one if it still exists, else a new one. */
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

/** Creates the chat again under its name, or opens it if another tab has created it already. */
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

/** Creates the chat again and writes a recap of the old one into the message field. */
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

// The page comes first, because the others read its attributes.
for (const init of [
  initPage,
  initTheme,
  initChatEnded,
  initComposer,
  initConnection,
  initContextLine,
  initFollow,
  initObserverBanner,
  initPause,
  initSendButton,
  initTranscript,
  initCard,
  initPlan,
  initClearAllModal,
  initHeldModal,
  initManageSessionsModal,
  initNewSessionModal,
  initSessions,
  initSessionsList,
  initUndo,
  initClock,
  initHeader,
  initMenu,
  initShortcuts,
  initTimes,
  initToast,
]) {
  init();
}
document.addEventListener("click", dispatch);
document.addEventListener("submit", dispatch);
window.addEventListener("popstate", ({ state }) => {
  if (state?.userId) openNamedSession(state.userId, { push: false });
});
onExpired(reconnect);
openFirstChat();
