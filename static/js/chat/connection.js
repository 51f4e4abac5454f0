/** The honest pill: live, reconnecting, offline, catching up, back. Short outages stay unseen. */

import { announce } from "../ui/announcer.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";

const QUIET_MS = 2_000;
const OFFLINE_MS = 15_000;
const BACK_MS = 3_000;
const DOWN = ["reconnecting", "offline", "crowded"];
const UP = ["live", "catching-up", "back"];
const pill = document.getElementById("connection");
const tryButton = document.getElementById("try-now");
let outage = [];
let back = 0;
let waiting = 0;
let unconfirmed = 0;
let news = 0;

/** state: "connecting", "live", "down" or "crowded", as the socket says, or "ended": there is nothing to connect to. */
export function showConnection(state) {
  if (state === "live") comeBack();
  else if (state === "ended" || state === "crowded") {
    settle();
    become(state);
  } else if (outage.length === 0) {
    const notice = () => become(navigator.onLine ? "reconnecting" : "offline");
    outage = [setTimeout(notice, QUIET_MS), setTimeout(() => become("offline"), OFFLINE_MS)];
  }
}

/** Says how many messages wait for the connection, and how many the server has not confirmed, these included. */
export function showWaiting(counts) {
  ({ waiting, unconfirmed } = counts);
  if (pill.dataset.connection === "catching-up" && unconfirmed === 0) rest();
  else speak();
}

/** Says how many messages came while the line was down; where nobody noticed that, it is no news. */
export function showNews(count) {
  news = count;
  speak();
  if (news && pill.dataset.connection === "back") announce(pill.textContent.trim());
}

/** Says that the server is asked right now. */
export function showTrying() {
  settle();
  become("reconnecting");
  outage = [setTimeout(() => become("offline"), OFFLINE_MS)];
}

function comeBack() {
  if (outage.length === 0 && UP.includes(pill.dataset.connection)) return;
  const missed = DOWN.includes(pill.dataset.connection);
  settle();
  news = 0;
  if (!missed) become("live");
  else if (unconfirmed) become("catching-up");
  else rest();
}

function rest() {
  become("back");
  back = setTimeout(() => become("live"), BACK_MS);
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
  offerTry(waiting > 0 && (state === "reconnecting" || state === "offline"));
  if (waiting && DOWN.includes(state)) parts.push(fill(queue, { count: waiting }));
  const fresh = ngettext("%(count)s new message", "%(count)s new messages", news);
  if (news && state === "back") parts.push(fill(fresh, { count: news }));
  pill.querySelector(".pill-text").textContent = parts.join(", ");
}

function offerTry(offered) {
  // Focus must not fall off a button that is about to vanish.
  if (!offered && document.activeElement === tryButton) document.getElementById("scroller").focus({ preventScroll: true });
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

window.addEventListener("offline", () => {
  if (pill.dataset.connection === "reconnecting") become("offline");
});
