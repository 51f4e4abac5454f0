/** What the page shows when there is no chat to write to: gone, cleared, never there, or out of reach. */

import { page } from "./page.js";

const endings = document.getElementById("endings");

/** kind: "missing", "expired", "cleared" or "unreachable"; problem: the server's sentence, if there is one. */
export function showEnding(kind, userId, problem = "") {
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
    showProblem(section, problem);
    if (typing || document.activeElement === document.body) section.focus();
  }
}

/** Adds a sentence to the ending that stands there: what was tried did not work. */
export function showEndingProblem(sentence) {
  const section = endings.querySelector("section:not([hidden])");
  if (section) showProblem(section, sentence);
}

export function hideEnding() {
  delete page.dataset.ended;
  endings.hidden = true;
}

function showProblem(section, sentence) {
  const line = section.querySelector(".ending-problem");
  line.hidden = !sentence;
  line.textContent = sentence;
}
