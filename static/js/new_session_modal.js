/** The form that begins a chat. */

import { closeManageSessionsModal } from "./manage_sessions_modal.js";
import { createNewSession } from "./sessions.js";
import { focusComposer } from "./composer.js";
import { Problem } from "./api.js";

const modal = document.getElementById("new-session-modal");
const form = modal.querySelector("form");
const problemLine = document.getElementById("new-session-problem");

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
    if (["session_exists", "invalid_user_id"].includes(problem.code)) form.elements.user_id.select();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function showProblem(sentence) {
  problemLine.textContent = sentence;
  form.elements.user_id.setAttribute("aria-invalid", String(sentence !== ""));
}

form.elements.user_id.addEventListener("input", () => problemLine.textContent && showProblem(""));
