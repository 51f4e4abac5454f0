/** Replaces the message field when the chat has expired, was cleared, is missing or cannot be reached. */

import { all as unconfirmed } from "./outbox.js";
import { page } from "../ui/page.js";

const UNDO_MS = 10_000;
let field;
let undo = 0;
let endings;

/** Looks up the elements. */
export function init() {
  field = document.getElementById("message");
  endings = document.getElementById("endings");
}

/** Shows a section. kind: "missing", "expired", "cleared", "unreachable"; problem: the server's sentence or "". */
export function showChatEnded(kind, userId, problem = "") {
  // Focus must not stay on a field that is hidden now.
  const typing = document.getElementById("composer").contains(document.activeElement);
  page.dataset.ended = kind;
  endings.hidden = false;
  for (const section of endings.children) {
    section.hidden = section.dataset.ending !== kind;
    if (section.hidden) continue;
    for (const slot of section.querySelectorAll("[data-slot=name]")) slot.textContent = userId;
    for (const button of section.querySelectorAll("[data-needs-text]")) {
      button.hidden = !document.querySelector("#transcript [data-seq]");
    }
    for (const words of section.querySelectorAll("[data-needs-unsent]")) {
      words.hidden = field.value.trim() === "" && unconfirmed().length === 0;
    }
    showProblem(section, problem);
    if (typing || document.activeElement === document.body) section.focus();
  }
  showUndoable(kind === "cleared");
}

/** Moves the focus to the section, unless a dialog is open. */
export function focusChatEnded() {
  if (!document.querySelector("dialog[open]")) endings.querySelector("section:not([hidden])")?.focus();
}

// The sentence about undoing is only shown while undoing is possible.
function showUndoable(undoable) {
  clearTimeout(undo);
  for (const words of endings.querySelectorAll("[data-undo]")) {
    words.hidden = (words.dataset.undo === "open") !== undoable;
  }
  if (undoable) undo = setTimeout(showUndoable, UNDO_MS, false);
}

/** Adds an error sentence to the section that is shown. */
export function showChatEndedProblem(sentence) {
  const section = endings.querySelector("section:not([hidden])");
  if (section) showProblem(section, sentence);
}

export function hideChatEnded() {
  clearTimeout(undo);
  delete page.dataset.ended;
  endings.hidden = true;
}

function showProblem(section, sentence) {
  const line = section.querySelector(".ending-problem");
  line.hidden = !sentence;
  line.textContent = sentence;
}
