/** A sentence at the bottom of the page for a few seconds, with an optional Undo button. */

import { announce } from "./announcer.js";

const SHOWN_MS = 6_000;
let toast;
let button;
let defaultParent;
let ticker = 0;
let endsAt = 0;

/** Looks up the elements and adds the listeners. */
export function init() {
  toast = document.getElementById("toast");
  button = toast.querySelector(".toast-undo");
  defaultParent = toast.parentElement;
  for (const event of ["toggle", "close"]) document.addEventListener(event, moveIntoDialog, { capture: true });
}

/** Shows a sentence; with `undoMs`, also the Undo button with a countdown. */
export function showToast(sentence, { undoMs = 0 } = {}) {
  toast.querySelector(".toast-text").textContent = sentence;
  toast.hidden = false;
  button.hidden = undoMs === 0;
  endsAt = performance.now() + (undoMs || SHOWN_MS);
  moveIntoDialog();
  announce(sentence);
  clearInterval(ticker);
  ticker = setInterval(tick, 250);
  tick();
}

export function hideToast() {
  clearInterval(ticker);
  toast.hidden = true;
}

function tick() {
  const seconds = Math.ceil((endsAt - performance.now()) / 1000);
  button.querySelector(".toast-seconds").textContent = seconds;
  if (seconds <= 0) hideToast();
}

// Elements outside an open modal dialog are inert, so the toast moves into the dialog and back.
function moveIntoDialog() {
  const place = document.querySelector("dialog[open] .modal-sheet") ?? defaultParent;
  if (!toast.hidden && toast.parentElement !== place) place.insertBefore(toast, place.querySelector(".modal-foot"));
}
