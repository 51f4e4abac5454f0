/** The form that begins a chat. */

import { closeManageSessionsModal } from "./manage_sessions_modal.js";
import { createNewSession } from "./sessions.js";
import { focusComposer } from "./composer.js";
import { Problem } from "./api.js";

const modal = document.getElementById("new-session-modal");
const form = modal.querySelector("form");
const submit = form.querySelector("[type=submit]");
const seconds = submit.querySelector(".wait");
const problemLine = document.getElementById("new-session-problem");
let endsAt = 0;

export function openNewSessionModal() {
  closeManageSessionsModal();
  form.reset();
  showProblem("");
  modal.showModal();
  form.elements.user_id.focus();
}

export function closeNewSessionModal() {
  modal.close();
}

/** Creates the chat that the form describes; a refusal is said in the form, which keeps what was entered. */
export async function submitNewSession() {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  showProblem("");
  try {
    const userId = form.elements.user_id.value.trim() || undefined;
    await createNewSession({ userId, persona: form.elements.persona.value });
    closeNewSessionModal();
    focusComposer();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem.detail);
    waitFor(problem.retryAfter);
    if (["session_exists", "invalid_user_id"].includes(problem.code)) form.elements.user_id.select();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// The server asked for a pause: it ticks on the button, which works again when it is over.
function waitFor(pause) {
  endsAt = performance.now() + pause * 1000;
  tick();
}

function tick() {
  const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  submit.disabled = left > 0;
  seconds.textContent = left || "";
  if (left) setTimeout(tick, 250);
}

function showProblem(sentence) {
  problemLine.textContent = sentence;
  form.elements.user_id.setAttribute("aria-invalid", String(sentence !== ""));
}

form.elements.user_id.addEventListener("input", () => problemLine.textContent && showProblem(""));
