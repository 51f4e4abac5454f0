/** The field that a message is written in. */

import { draftOf, keepDraft } from "../ui/storage.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";
import { jumpToLatest } from "./follow.js";
import { noteWritten } from "./send_button.js";
import { page } from "../ui/page.js";
import { post, takeBack } from "./delivery.js";
import { retold } from "./recap.js";
import { say } from "../ui/toast.js";

const AFTER_COMPOSITION_MS = 500;
const COUNTED_FROM = 300;
const form = document.getElementById("composer");
const field = document.getElementById("message");
const note = document.getElementById("composer-note");
const limit = Number(field.dataset.limit);
const touch = matchMedia("(hover: none) and (pointer: coarse)");
const safari = "GestureEvent" in window;
let composedAt = 0;

/** Sends what is written; the field is empty again at once, the message stands in the transcript. */
export function sendMessage() {
  const text = field.value.trim();
  if (!text || left(text) < 0 || !post(text)) return;
  write("");
  jumpToLatest();
}

/** Sends one of the persona's starters. */
export function useStarter(button) {
  post(button.textContent.trim());
  jumpToLatest();
  focusComposer();
}

/** Takes a message that was refused back into the field, before what is written there. */
export function editMessage(button) {
  write([takeBack(button), field.value].filter(Boolean).join("\n"));
  field.focus();
}

/** Writes into the field what was said in a chat that is gone, before what is written there. */
export function retell(said) {
  const draft = field.value.trim();
  const text = retold(said, draft, limit);
  write(text);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
  if (text === draft) say(gettext("What you have written leaves no room for what was said."));
  else say(gettext("What was said is in the field below. Change it as you like, then send it."));
}

/** Turns to another chat's draft. */
export function openDraft(userId) {
  write(draftOf(userId));
  focusComposer();
}

/** Puts the cursor into the field, unless a touch keyboard would jump up or the reader has marked text. */
export function focusComposer() {
  const reading = getSelection()?.type === "Range";
  if (!touch.matches && !reading && !document.querySelector("dialog[open]")) field.focus({ preventScroll: true });
}

function write(text) {
  field.value = text;
  noteChange();
}

function noteChange() {
  keepDraft(page.dataset.userId, field.value);
  grow();
  noteWritten();
  const rest = left(field.value.trim());
  form.classList.toggle("is-empty", field.value.trim() === "");
  form.classList.toggle("is-too-long", rest < 0);
  note.textContent = rest > COUNTED_FROM ? "" : fill(sentenceFor(rest), { count: Math.abs(rest) });
}

function sentenceFor(rest) {
  if (rest >= 0) return ngettext("%(count)s character left.", "%(count)s characters left.", rest);
  return ngettext("%(count)s character too long.", "%(count)s characters too long.", -rest);
}

// The server counts characters, a JavaScript string counts halves of those beyond U+FFFF.
const left = (text) => limit - Array.from(text).length;

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function sends(event) {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || touch.matches) return false;
  // Enter that ends an input method's composition is not meant for us; Safari says so only afterwards.
  if (event.isComposing || event.keyCode === 229) return false;
  return !(safari && event.timeStamp - composedAt < AFTER_COMPOSITION_MS);
}

field.addEventListener("input", noteChange);
field.addEventListener("compositionend", (event) => (composedAt = event.timeStamp));
field.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  form.requestSubmit();
});
if (touch.matches) field.enterKeyHint = "enter";
