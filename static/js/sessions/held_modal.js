/** The "Everything we hold on you" dialog: data in the store and in this browser, with sizes and expiry. */

import { announce } from "../ui/announcer.js";
import { clearSession } from "./clear_session.js";
import { storedSizes, clearPreferences } from "../ui/storage.js";
import { openDraft } from "../chat/composer.js";
import { page } from "../ui/page.js";
import { gettext } from "../ui/i18n.js";
import { Problem, readHoldings } from "../net/api.js";
import { setClock } from "../ui/clock.js";
import { showTheme } from "../ui/theme.js";

const POLL_MS = 5_000;
const language = document.documentElement.lang || undefined;
const inUnit = (unit, unitDisplay) =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 });
const inBytes = inUnit("byte", "long");
const inKilobytes = inUnit("kilobyte", "short");
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

/** Clears the open chat; only its copy for the undo is listed then. */
export async function clearHeldChat() {
  if (await clearSession(page.dataset.userId)) showHoldings();
}

/** Deletes the data in this browser except unsent messages and the safety plan. */
export function clearBrowserData() {
  clearPreferences();
  openDraft(page.dataset.userId);
  showTheme("system");
  showBrowserData();
  announce(gettext("This browser has forgotten drafts and settings."));
}

/** Reads again now and announces the result. */
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

// While the server cannot be reached, nothing can be downloaded or cleared either.
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

// Not every store reports sizes.
function showSize(line, bytes) {
  line.querySelector(".held-size").textContent = bytes === null ? "" : sizeOf(bytes);
}

// Returns a formatted number of bytes: "412 bytes", "2.1 kB".
const sizeOf = (count) => (count < 1000 ? inBytes.format(count) : inKilobytes.format(count / 1000));
