/** The bubble of the reply that is being written: typing dots first, then its text. */

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

/** Shows the typing dots behind message `inReplyTo` (a seq) until the first text; phase, since: see startWait. */
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

/** Removes the bubble: the reply failed, or is in the history by now. */
export function removeLoading() {
  detachReply()?.remove();
}

/** Appends text to the reply; the first text replaces the dots. */
export function appendText(more) {
  if (text === null) {
    if (endWait()) announceWriting();
    text = new StreamingMarkdown(item.querySelector(".message-text"));
  }
  text.append(more);
}

/** Returns the bubble, which then belongs to the caller; null if there is none. */
export function detachReply() {
  const taken = item;
  endWait();
  text?.end();
  setReplyRunning(false);
  item = null;
  text = null;
  return taken;
}

/** Shows what the reply waits for; does nothing once it has text. */
export function showPhase(phase, since) {
  if (text === null) changePhase(phase, since);
}

/** Announces to screen readers that the persona is writing. */
export function announceWriting() {
  announce(fill(gettext("%(name)s is writing."), { name: personaOf(page.dataset.persona).name }));
}
