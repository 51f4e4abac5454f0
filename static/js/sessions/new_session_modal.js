/** The dialog with the form that creates a chat. */

import { closeManageSessionsModal } from "./manage_sessions_modal.js";
import { createNewSession, switchSession } from "./sessions.js";
import { fill, gettext } from "../ui/i18n.js";
import { focusComposer } from "../chat/composer.js";
import { Problem, readSessions } from "../net/api.js";

let modal;
let form;
let submit;
let seconds;
let problemLine;
let openExisting;
let endsAt = 0;

/** Looks up the elements and adds the listeners. */
export function init() {
  modal = document.getElementById("new-session-modal");
  form = modal.querySelector("form");
  submit = form.querySelector("[type=submit]");
  seconds = submit.querySelector(".wait");
  problemLine = document.getElementById("new-session-problem");
  openExisting = document.getElementById("open-existing");
  form.elements.user_id.addEventListener("input", () => problemLine.textContent && showProblem(""));
}

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

/** Creates the chat that the form describes; an error is shown in the form, which keeps its input. */
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
    showAsRetry(problem.code === "unreachable");
    startCountdown(problem.retryAfter);
    if (["session_exists", "invalid_user_id"].includes(problem.code)) form.elements.user_id.select();
    if (problem.code === "session_exists") await offerExisting(form.elements.user_id.value.normalize("NFC").trim());
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** Opens the existing chat of that name. */
export async function openExistingSession(button) {
  try {
    await switchSession(button.dataset.userId);
    closeNewSessionModal();
    focusComposer();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(problem.detail);
  }
}

// Offers only a chat that the visitor may open; the name may also belong to another visitor.
async function offerExisting(name) {
  const found = await readSessions(name).catch(() => null);
  if (!found || !problemLine.textContent) return;
  if (!found.sessions.some(({ user_id }) => user_id === name)) {
    showProblem(gettext("This name is taken. Please choose another one."));
    return;
  }
  openExisting.textContent = fill(gettext("Open “%(name)s”"), { name });
  openExisting.dataset.userId = name;
  openExisting.hidden = false;
}

function showAsRetry(again) {
  submit.querySelector(".submit-words").hidden = again;
  submit.querySelector(".submit-again").hidden = !again;
}

// Counts the server's pause down on the button, which is disabled meanwhile.
function startCountdown(pause) {
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
  openExisting.hidden = true;
  showAsRetry(false);
  form.elements.user_id.setAttribute("aria-invalid", String(sentence !== ""));
}
