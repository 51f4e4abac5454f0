/** A pause that the server asked for: one sentence above the field, whose seconds tick, for all that waits. */

import { announce } from "../ui/announcer.js";

let note;
let endsAt = 0;
let ticker = 0;

/** Looks up the elements. */
export function init() {
  note = document.getElementById("delivery-note");
}

/** Begins a pause of so many seconds; `sentence(seconds)` says what it is for, `act` goes on after it. */
export function startPause(seconds, sentence, act) {
  // Pause after pause is one wait for whoever hears it.
  if (!note.textContent) announce(sentence(seconds));
  clearInterval(ticker);
  endsAt = performance.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((endsAt - performance.now()) / 1000);
    note.textContent = sentence(Math.max(left, 1));
    if (left > 0) return;
    clearInterval(ticker);
    endsAt = 0;
    act();
  };
  ticker = setInterval(tick, 250);
  tick();
}

/** Ends it without going on. */
export function endPause() {
  clearInterval(ticker);
  endsAt = 0;
  note.textContent = "";
}

export const isPaused = () => endsAt > 0;

/** Tells whether there was a pause since nothing waited: others may follow. */
export const isThrottled = () => note.textContent !== "";
