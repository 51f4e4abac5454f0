/** The honest pill: live, reconnecting, offline, and how many messages wait. Short outages stay unseen. */

import { announce } from "./announcer.js";
import { fill, gettext, ngettext } from "./words.js";

const QUIET_MS = 2_000;
const OFFLINE_MS = 15_000;
const BACK_MS = 3_000;
const DOWN = ["reconnecting", "offline"];
const pill = document.getElementById("connection");
let outage = [];
let back = 0;
let waiting = 0;

/** state: "connecting", "live" or "down", as the socket says, or "ended": there is nothing to connect to. */
export function showConnection(state) {
  if (state === "live") comeBack();
  else if (state === "ended") {
    settle();
    become("ended");
  } else if (outage.length === 0) {
    const notice = () => become(navigator.onLine ? "reconnecting" : "offline");
    outage = [setTimeout(notice, QUIET_MS), setTimeout(() => become("offline"), OFFLINE_MS)];
  }
}

/** Says how many messages wait for the connection. */
export function showWaiting(count) {
  waiting = count;
  speak();
}

function comeBack() {
  if (outage.length === 0 && ["live", "back"].includes(pill.dataset.connection)) return;
  const missed = DOWN.includes(pill.dataset.connection);
  settle();
  become(missed ? "back" : "live");
  if (missed) back = setTimeout(() => become("live"), BACK_MS);
}

function settle() {
  outage.forEach(clearTimeout);
  clearTimeout(back);
  outage = [];
}

function become(state) {
  const changed = pill.dataset.connection !== state;
  pill.dataset.connection = state;
  speak();
  if (changed && (state === "back" || DOWN.includes(state))) announce(pill.textContent.trim());
}

function speak() {
  const state = pill.dataset.connection;
  const queue = ngettext("%(count)s message waiting", "%(count)s messages waiting", waiting);
  const parts = [wordsFor(state)];
  if (waiting && DOWN.includes(state)) parts.push(fill(queue, { count: waiting }));
  pill.querySelector(".pill-text").textContent = parts.join(", ");
}

function wordsFor(state) {
  switch (state) {
    case "live":
      return gettext("Live");
    case "back":
      return gettext("Back again");
    case "reconnecting":
      return gettext("Reconnecting …");
    case "offline":
      return gettext("Offline");
    default:
      return "";
  }
}

window.addEventListener("offline", () => {
  if (pill.dataset.connection === "reconnecting") become("offline");
});
