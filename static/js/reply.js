/** The bubble of the answer that is being written: typing dots first, then its text as it arrives. */

import { copyOf, page } from "./page.js";
import { fill, gettext } from "./words.js";
import { GrowingText } from "./growing_text.js";
import { personaOf } from "./personas.js";
import { place, signAs } from "./chat.js";
import { setRunning } from "./running.js";

const PATIENCE_MS = 10_000;
let item = null;
let text = null;
let patience = 0;

/** Shows the typing dots behind message `inReplyTo` (a seq) until the first text comes. */
export function showLoading(inReplyTo) {
  removeLoading();
  item = copyOf("message-assistant");
  item.dataset.state = "streaming";
  const dots = document.getElementById("typing-dots").content.cloneNode(true);
  item.querySelector(".message-text").append(...dots.children);
  signAs(item, page.dataset.persona);
  place(item, inReplyTo + 0.5);
  patience = setTimeout(sayWhatWeWaitFor, PATIENCE_MS);
  setRunning(true);
}

/** Removes the answer in progress, dots or text: it did not come, or stands in the history by now. */
export function removeLoading() {
  takeReply()?.remove();
}

/** Adds text to the answer; the first takes the place of the dots. */
export function appendText(more) {
  if (text === null) {
    clearTimeout(patience);
    text = new GrowingText(item.querySelector(".message-text"));
  }
  text.append(more);
}

/** Hands the bubble over to the stored message that it became. */
export function takeReply() {
  const taken = item;
  clearTimeout(patience);
  text?.end();
  setRunning(false);
  item = null;
  text = null;
  return taken;
}

function sayWhatWeWaitFor() {
  const words = fill(gettext("Still waiting for the answer of %(name)s …"), {
    name: personaOf(page.dataset.persona).name,
  });
  item.querySelector(".dots-wait").textContent = words;
}
