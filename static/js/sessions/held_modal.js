/** "Everything we hold on you": what our store and this browser have, how big it is and until when. */

import { announce } from "../ui/announcer.js";
import { clearSession } from "./clear_session.js";
import { storedSizes, clearPreferences } from "../ui/storage.js";
import { openDraft } from "../chat/composer.js";
import { page } from "../ui/page.js";
import { gettext } from "../ui/i18n.js";
import { Problem, readHoldings } from "../net/api.js";
import { setClock } from "../ui/clock.js";
import { showTheme } from "../ui/theme.js";
import { sizeOf } from "../ui/sizes.js";

const POLL_MS = 5_000;
let modal;
let total;
let problemLine;
let retry;
let list;
let pollTimer = 0;
let heldOf = "";

/** Looks up the elements and adds the listeners. */
export function init() {
  modal = document.getElementById("held-modal");
  total = document.getElementById("held-total");
  problemLine = document.getElementById("held-problem");
  retry = document.getElementById("held-retry");
  list = document.getElementById("held-list");
  modal.addEventListener("close", () => clearInterval(pollTimer));
}

export function openHeldModal() {
  document.getElementById("held-name").textContent = page.dataset.userId;
  modal.showModal();
  showHoldings();
  pollTimer = setInterval(showHoldings, POLL_MS);
}

export function closeHeldModal() {
  modal.close();
}

/** Clears the open chat; its copy for the undo is then all that is listed of it. */
export async function clearHeldChat() {
  if (await clearSession(page.dataset.userId)) showHoldings();
}

/** Deletes what this browser keeps, but for what waits to be sent and the safety plan. */
export function clearBrowserData() {
  clearPreferences();
  openDraft(page.dataset.userId);
  showTheme("system");
  showBrowserData();
  announce(gettext("This browser has forgotten drafts and settings."));
}

/** Asks again because somebody wants to know now. */
export async function retryHoldings() {
  await showHoldings();
  if (!retry.hidden) announce(problemLine.textContent);
}

async function showHoldings() {
  showBrowserData();
  const { userId } = page.dataset;
  try {
    const { bytes, held } = await readHoldings(userId);
    heldOf = userId;
    showHeld(held, sizeOf(bytes));
    showProblem("");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const gone = problem.code === "session_not_found";
    if (gone || heldOf !== userId) showHeld([], "");
    if (gone) showProblem(gettext("Our store has nothing of this chat any more."));
    else showLastKnown(problem.detail);
  }
}

// What cannot be asked for now cannot be downloaded or cleared either.
function showLastKnown(sentence) {
  const known =
    list.querySelector(".held-line:not([hidden])") && gettext("What you see is the last that this page knew.");
  showProblem([sentence, known].filter(Boolean).join(" "), { stale: true });
  for (const button of modal.querySelectorAll("[data-needs-chat]")) button.disabled = true;
}

function showProblem(sentence, { stale = false } = {}) {
  if (problemLine.textContent !== sentence) problemLine.textContent = sentence;
  if (!stale && document.activeElement === retry) modal.querySelector(".modal-body").focus();
  list.classList.toggle("is-stale", stale);
  retry.hidden = !stale;
}

function showHeld(held, sum) {
  total.hidden = !sum;
  total.textContent = sum;
  const byKind = new Map(held.map((one) => [one.kind, one]));
  for (const line of modal.querySelectorAll("[data-kind]")) {
    const one = byKind.get(line.dataset.kind);
    line.hidden = !one;
    if (!one) continue;
    showSize(line, one.bytes);
    setClock(line.querySelector(".held-clock time"), one.expires_at, Infinity);
  }
  const living = byKind.has("session");
  for (const button of modal.querySelectorAll("[data-needs-chat]")) button.disabled = !living;
}

function showBrowserData() {
  const sizes = storedSizes();
  for (const line of modal.querySelectorAll("[data-kept]")) {
    const bytes = sizes[line.dataset.kept] ?? 0;
    line.hidden = bytes === 0;
    showSize(line, bytes);
  }
}

// Not every store tells sizes.
function showSize(line, bytes) {
  line.querySelector(".held-size").textContent = bytes === null ? "" : sizeOf(bytes);
}
