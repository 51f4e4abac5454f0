/** Countdowns until chats expire: a ring in the header, words on the rows of the list. */

import { announce } from "./announcer.js";
import { fill, gettext, ngettext } from "./i18n.js";
import { serverNow } from "./times.js";

const AMBER_S = 300;
const ASK_MS = 5_000;
const ANNOUNCED_MINUTES = [5, 1];
let clock;
let extendButton;
let ring;
let full;
const exact = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "medium" });
let announced = 0;
let askedAt = 0;
let expired = () => {};

/** Looks up the elements and starts to count. */
export function init() {
  clock = document.getElementById("clock");
  extendButton = document.getElementById("keep-longer");
  ring = clock.querySelector(".clock-left");
  full = Number(clock.dataset.fullTime);
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-expires-at]")) tick(element);
    tickHeader();
  }, 1000);
}

/** Calls `act` every few seconds while the open chat's time is up: the server decides whether it has expired. */
export function onExpired(act) {
  expired = act;
}

export function showClock(expiresAt) {
  const text = clock.querySelector(".clock-text");
  clock.hidden = false;
  if (text.dataset.expiresAt !== expiresAt) announced = secondsLeft(expiresAt) > AMBER_S ? 0 : announced;
  setClock(text, expiresAt);
  tickHeader();
}

/** Returns when the open chat expires, in milliseconds since 1970. */
export const chatExpiresAt = () => Date.parse(clock.querySelector(".clock-text").dataset.expiresAt);

export function hideClock() {
  clock.hidden = true;
  extendButton.hidden = true;
  delete clock.querySelector(".clock-text").dataset.expiresAt;
}

/** Makes a <time> element count down to an ISO 8601 time; it never shows more than `most` seconds. */
export function setClock(element, expiresAt, most = full) {
  element.dataset.expiresAt = expiresAt;
  element.dataset.most = most;
  element.dateTime = expiresAt;
  element.title = fill(gettext("Gone at %(time)s"), { time: exact.format(new Date(expiresAt)) });
  tick(element);
}

// The server's time is slightly old on arrival; without `most`, a new clock would show a second too many.
function secondsLeft(expiresAt, most = full) {
  return Math.min(most, Math.max(0, Math.ceil((Date.parse(expiresAt) - serverNow()) / 1000)));
}

function tick(element) {
  const left = secondsLeft(element.dataset.expiresAt, Number(element.dataset.most));
  const words = wordsFor(left);
  if (element.textContent !== words) element.textContent = words;
  element.parentElement.classList.toggle("is-amber", left <= AMBER_S);
}

function wordsFor(left) {
  if (left === 0) return gettext("time is up");
  if (left < AMBER_S) return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const minutes = Math.ceil(left / 60);
  if (minutes < 90) return fill(gettext("%(minutes)s min"), { minutes });
  return fill(gettext("%(hours)s h %(minutes)s min"), { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

function tickHeader() {
  const { expiresAt } = clock.querySelector(".clock-text").dataset;
  if (!expiresAt) return;
  const left = secondsLeft(expiresAt);
  ring.setAttribute("stroke-dasharray", `${Math.min(100, (100 * left) / full)} 100`);
  extendButton.hidden = left === 0 || left > AMBER_S;
  if (left === 0 && Date.now() - askedAt > ASK_MS) {
    askedAt = Date.now();
    expired();
  }
  const due = ANNOUNCED_MINUTES.filter((minutes) => left > 0 && left <= minutes * 60).at(-1) ?? 0;
  if (due && due !== announced) {
    // biome-ignore lint/performance/useDomNodeTextContent: the button has two labels, one of them hidden
    const hint = fill(gettext("The button “%(words)s” is in the header."), { words: extendButton.innerText.trim() });
    announce(`${warningOf(left)} ${hint}`);
    announced = due;
  }
}

function warningOf(left) {
  const count = left < 50 ? left : Math.ceil(left / 60);
  const sentence =
    left < 50
      ? ngettext("This chat is gone in %(count)s second.", "This chat is gone in %(count)s seconds.", count)
      : ngettext("This chat is gone in %(count)s minute.", "This chat is gone in %(count)s minutes.", count);
  return fill(sentence, { count });
}
