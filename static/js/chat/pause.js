/** A pause that the server asked for: a sentence with a countdown above the message field. */

import { announce } from "../ui/announcer.js";

let note;
let endsAt = 0;
let ticker = 0;

/** Looks up the elements. */
export function init() {
  note = document.getElementById("delivery-note");
}

/** Starts a pause of so many seconds; `sentence(seconds)` is shown, `act` is called at the end. */
export function startPause(seconds, sentence, act) {
  // Consecutive pauses are announced once.
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

/** Cancels the pause. */
export function endPause() {
  clearInterval(ticker);
  endsAt = 0;
  note.textContent = "";
}

export const isPaused = () => endsAt > 0;

/** Returns whether there was a pause since the queue was empty last. */
export const isThrottled = () => note.textContent !== "";
