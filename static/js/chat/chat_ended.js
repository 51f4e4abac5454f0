/** What the page shows when there is no chat to write to: gone, cleared, never there, or out of reach. */

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

/** kind: "missing", "expired", "cleared" or "unreachable"; problem: the server's sentence, if there is one. */
export function showChatEnded(kind, userId, problem = "") {
  // Whoever was typing must not be left on a field that is gone.
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

/** Takes the focus to it: the reader wanted this and goes on from here. A dialog keeps its focus. */
export function focusChatEnded() {
  if (!document.querySelector("dialog[open]")) endings.querySelector("section:not([hidden])")?.focus();
}

// The sentence about the ten seconds is true for ten seconds.
function showUndoable(undoable) {
  clearTimeout(undo);
  for (const words of endings.querySelectorAll("[data-undo]")) {
    words.hidden = (words.dataset.undo === "open") !== undoable;
  }
  if (undoable) undo = setTimeout(showUndoable, UNDO_MS, false);
}

/** Adds a sentence to the ending that stands there: what was tried did not work. */
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
