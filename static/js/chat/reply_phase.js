/** What a reply waits for before its first text: shown beside the dots, after ten seconds with the time it takes. */

import { announce } from "../ui/announcer.js";
import { fill, gettext } from "../ui/i18n.js";
import { page } from "../ui/page.js";
import { personaOf } from "../ui/personas.js";
import { serverNow } from "../ui/times.js";

const TIMED_FROM_S = 10;
const TICK_MS = 1_000;
let wait = null;
let ticker = 0;

/** Starts a wait; `element` shows the words. phase: "", "loading" or "thinking"; since: its start, ISO 8601. */
export function startWait(element, phase = "", since = "") {
  clearInterval(ticker);
  const began = Date.parse(since);
  wait = { element, phase, since: Number.isFinite(began) ? began : serverNow(), isLong: false };
  ticker = setInterval(tick, TICK_MS);
  tick();
}

/** Changes the phase and announces it, without the seconds. */
export function changePhase(phase, since) {
  if (!wait) return;
  const changed = wait.phase !== phase;
  startWait(wait.element, phase, since);
  if (changed) announce(wordsFor(phase, ""));
}

/** Ends the wait and returns its phase. */
export function endWait() {
  clearInterval(ticker);
  const phase = wait?.phase ?? "";
  wait = null;
  return phase;
}

function tick() {
  const seconds = Math.floor((serverNow() - wait.since) / 1000);
  const isLong = seconds >= TIMED_FROM_S;
  const words = wordsFor(wait.phase, isLong ? durationOf(seconds) : "");
  if (wait.element.textContent !== words) wait.element.textContent = words;
  // Without a phase, nothing was announced before.
  if (isLong && !wait.isLong && !wait.phase) announce(words);
  wait.isLong = isLong;
}

function wordsFor(phase, time) {
  const { name } = personaOf(page.dataset.persona);
  switch (phase) {
    case "thinking":
      return fill(time ? gettext("%(name)s is thinking … %(time)s") : gettext("%(name)s is thinking"), { name, time });
    case "loading":
      return time
        ? fill(gettext("The model is being loaded … %(time)s"), { time })
        : gettext("The model is being loaded");
    default:
      return time ? fill(gettext("Still waiting for the answer of %(name)s … %(time)s"), { name, time }) : "";
  }
}

// Non-breaking spaces join a number and its unit.
function durationOf(total) {
  const minutes = Math.floor(total / 60);
  const words = minutes ? gettext("%(minutes)s min %(seconds)s s") : gettext("%(seconds)s s");
  return fill(words, { minutes, seconds: total % 60 }).replaceAll(" ", "\u00a0");
}
