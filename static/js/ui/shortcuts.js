/** Keyboard shortcuts (single keys outside input fields) and the dialog that lists them. */

import { closeManageSessionsModal, openManageSessionsModal } from "../sessions/manage_sessions_modal.js";
import { closeMenu } from "./menu.js";
import { focusComposer } from "../chat/composer.js";
import { isReplyRunning } from "../chat/send_button.js";
import { jumpToLatest } from "../chat/follow.js";
import { saveShortcuts, shortcutsEnabled } from "./storage.js";
import { openNewSessionModal } from "../sessions/new_session_modal.js";
import { stopReply } from "../chat/conversation.js";

let modal;
let choice;
const keys = {
  "?": openShortcuts,
  "/": focusComposer,
  n: openNewSessionModal,
  s: openManageSessionsModal,
  l: jumpToLatest,
};

/** Looks up the elements and adds the listeners. */
export function init() {
  modal = document.getElementById("shortcuts-modal");
  choice = document.getElementById("shortcuts-choice");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && isReplyRunning() && !document.querySelector("#menu[open]")) {
      event.preventDefault();
      stopReply();
    } else if (!typing(event.target) && shortcutsEnabled() && Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      closeMenu();
      keys[event.key]();
    }
  });
  choice.addEventListener("change", () => saveShortcuts(choice.checked));
}

export function openShortcuts() {
  closeManageSessionsModal();
  choice.checked = shortcutsEnabled();
  modal.showModal();
}

export function closeShortcuts() {
  modal.close();
}

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
