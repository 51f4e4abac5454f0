/** The bubble of the answer that is being written: typing dots first, then its text as it arrives. */

import { copyOf, page } from "../ui/page.js";
import { announce } from "../ui/announcer.js";
import { startWait, changePhase, endWait } from "./reply_phase.js";
import { fill, gettext } from "../ui/i18n.js";
import { StreamingMarkdown } from "../markdown/streaming_markdown.js";
import { personaOf } from "../ui/personas.js";
import { ORDER, place, setAuthor } from "./transcript.js";
import { setReplyRunning } from "./send_button.js";

let item = null;
let text = null;

/** Shows the typing dots behind message `inReplyTo` (a seq) until the first text comes; phase, since: as beginWait. */
export function showLoading(inReplyTo, { phase, since } = {}) {
  removeLoading();
  item = copyOf("message-assistant");
  item.dataset.state = "streaming";
  const dots = document.getElementById("typing-dots").content.cloneNode(true);
  item.querySelector(".message-text").append(...dots.children);
  setAuthor(item, page.dataset.persona);
  place(item, ORDER.reply(inReplyTo));
  startWait(item.querySelector(".dots-wait"), phase, since);
  setReplyRunning(true);
}

/** Removes the answer in progress, dots or text: it did not come, or stands in the history by now. */
export function removeLoading() {
  detachReply()?.remove();
}

/** Adds text to the answer; the first takes the place of the dots. */
export function appendText(more) {
  if (text === null) {
    if (endWait()) announceWriting();
    text = new StreamingMarkdown(item.querySelector(".message-text"));
  }
  text.append(more);
}

/** Hands the bubble over to the stored message that it became. */
export function detachReply() {
  const taken = item;
  endWait();
  text?.end();
  setReplyRunning(false);
  item = null;
  text = null;
  return taken;
}

/** Tells what the answer waits for now; once it has text, it waits no more. */
export function showPhase(phase, since) {
  if (text === null) changePhase(phase, since);
}

/** Announces that somebody writes. */
export function announceWriting() {
  announce(fill(gettext("%(name)s is writing."), { name: personaOf(page.dataset.persona).name }));
}
