/** The connection indicator: live, reconnecting, offline, catching up, back. Short outages are not shown. */

import { announce } from "../ui/announcer.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";

const SILENT_MS = 2_000;
const OFFLINE_MS = 15_000;
const BACK_MS = 3_000;
const DOWN = ["reconnecting", "offline", "crowded"];
const UP = ["live", "catching-up", "back"];
let pill;
let tryButton;
let outageTimers = [];
let backTimer = 0;
let waiting = 0;
let unconfirmed = 0;
let missedCount = 0;

/** Looks up the elements and adds the listeners. */
export function init() {
  pill = document.getElementById("connection");
  tryButton = document.getElementById("try-now");
  window.addEventListener("offline", () => {
    if (pill.dataset.connection === "reconnecting") setState("offline");
  });
}

/** Shows a state: "connecting", "live", "down" or "crowded" of the socket, or "ended" when there is no chat. */
export function showConnection(state) {
  if (state === "live") showConnected();
  else if (state === "ended" || state === "crowded") {
    clearTimers();
    setState(state);
  } else if (outageTimers.length === 0) {
    const notice = () => setState(navigator.onLine ? "reconnecting" : "offline");
    outageTimers = [setTimeout(notice, SILENT_MS), setTimeout(() => setState("offline"), OFFLINE_MS)];
  }
}

/** Sets how many messages wait for the connection, and how many are not acknowledged, including those. */
export function showWaiting(counts) {
  ({ waiting, unconfirmed } = counts);
  if (pill.dataset.connection === "catching-up" && unconfirmed === 0) showBack();
  else render();
}

/** Sets how many messages arrived during the outage; shown only if the outage was shown. */
export function showMissedCount(count) {
  missedCount = count;
  render();
  if (missedCount && pill.dataset.connection === "back") announce(pill.textContent.trim());
}

/** Shows that a connection attempt is running. */
export function showReconnecting() {
  clearTimers();
  setState("reconnecting");
  outageTimers = [setTimeout(() => setState("offline"), OFFLINE_MS)];
}

function showConnected() {
  if (outageTimers.length === 0 && UP.includes(pill.dataset.connection)) return;
  const missed = DOWN.includes(pill.dataset.connection);
  clearTimers();
  missedCount = 0;
  if (!missed) setState("live");
  else if (unconfirmed) setState("catching-up");
  else showBack();
}

function showBack() {
  setState("back");
  backTimer = setTimeout(() => setState("live"), BACK_MS);
}

function clearTimers() {
  outageTimers.forEach(clearTimeout);
  clearTimeout(backTimer);
  outageTimers = [];
}

function setState(state) {
  const changed = pill.dataset.connection !== state;
  pill.dataset.connection = state;
  render();
  if (changed && (state === "back" || DOWN.includes(state))) announce(pill.textContent.trim());
}

function render() {
  const state = pill.dataset.connection;
  const queue = ngettext("%(count)s message waiting", "%(count)s messages waiting", waiting);
  const parts = [wordsFor(state)];
  showTryButton(waiting > 0 && (state === "reconnecting" || state === "offline"));
  if (waiting && DOWN.includes(state)) parts.push(fill(queue, { count: waiting }));
  const fresh = ngettext("%(count)s new message", "%(count)s new messages", missedCount);
  if (missedCount && state === "back") parts.push(fill(fresh, { count: missedCount }));
  pill.querySelector(".pill-text").textContent = parts.join(", ");
}

function showTryButton(offered) {
  // A button that is hidden would lose the focus.
  if (!offered && document.activeElement === tryButton)
    document.getElementById("scroller").focus({ preventScroll: true });
  tryButton.hidden = !offered;
}

function wordsFor(state) {
  switch (state) {
    case "live":
      return gettext("Live");
    case "catching-up":
      return fill(gettext("Catching up (%(count)s)"), { count: unconfirmed });
    case "back":
      return gettext("Back again");
    case "reconnecting":
      return gettext("Reconnecting …");
    case "offline":
      return gettext("Offline");
    case "crowded":
      return gettext("Too many open tabs: close one");
    default:
      return "";
  }
}
