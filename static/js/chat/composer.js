/** The message field. */

import { draftOf, saveDraft } from "../ui/storage.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";
import { jumpToLatest } from "./follow.js";
import { updateSendButton } from "./send_button.js";
import { page } from "../ui/page.js";
import { post, withdrawMessage } from "./delivery.js";
import { recapOf } from "./recap.js";
import { showToast } from "../ui/toast.js";

const AFTER_COMPOSITION_MS = 500;
const COUNTED_FROM = 300;
let form;
let field;
let note;
let limit;
let touch;
const safari = "GestureEvent" in window;
let composedAt = 0;

/** Looks up the elements and adds the listeners. */
export function init() {
  form = document.getElementById("composer");
  field = document.getElementById("message");
  note = document.getElementById("composer-note");
  limit = Number(field.dataset.limit);
  touch = matchMedia("(hover: none) and (pointer: coarse)");
  field.addEventListener("input", onInput);
  field.addEventListener("compositionend", (event) => (composedAt = event.timeStamp));
  field.addEventListener("keydown", (event) => {
    if (!isSendKey(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  if (touch.matches) field.enterKeyHint = "enter";
}

/** Sends the field's text: empties the field at once and shows the message in the transcript. */
export function sendMessage() {
  const text = field.value.trim();
  if (!text || charactersLeft(text) < 0 || !post(text)) return;
  setText("");
  jumpToLatest();
}

/** Sends one of the persona's starters. */
export function useStarter(button) {
  post(button.textContent.trim());
  jumpToLatest();
  focusComposer();
}

/** Moves a rejected message back into the field, before the text that is there. */
export function editMessage(button) {
  setText([withdrawMessage(button), field.value].filter(Boolean).join("\n"));
  field.focus();
}

/** Writes a recap of these messages into the field, before the text that is there. */
export function insertRecap(messages) {
  const draft = field.value.trim();
  const text = recapOf(messages, draft, limit);
  setText(text);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
  if (text === draft) showToast(gettext("What you have written leaves no room for what was said."));
  else showToast(gettext("What was said is in the field below. Change it as you like, then send it."));
}

/** Shows the draft of a chat. */
export function openDraft(userId) {
  setText(draftOf(userId));
  focusComposer();
}

/** Focuses the field, unless that would open a touch keyboard or remove a text selection. */
export function focusComposer() {
  const reading = getSelection()?.type === "Range";
  if (!touch.matches && !reading && !document.querySelector("dialog[open]")) field.focus({ preventScroll: true });
}

function setText(text) {
  field.value = text;
  onInput();
}

function onInput() {
  saveDraft(page.dataset.userId, field.value);
  growField();
  updateSendButton();
  const rest = charactersLeft(field.value.trim());
  form.classList.toggle("is-empty", field.value.trim() === "");
  form.classList.toggle("is-too-long", rest < 0);
  note.textContent = rest > COUNTED_FROM ? "" : fill(sentenceFor(rest), { count: Math.abs(rest) });
}

function sentenceFor(rest) {
  if (rest >= 0) return ngettext("%(count)s character left.", "%(count)s characters left.", rest);
  return ngettext("%(count)s character too long.", "%(count)s characters too long.", -rest);
}

// The server counts characters; a JavaScript string counts UTF-16 code units.
const charactersLeft = (text) => limit - Array.from(text).length;

function growField() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function isSendKey(event) {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || touch.matches) return false;
  // Enter also ends a composition of an input method; Safari reports that only afterwards.
  if (event.isComposing || event.keyCode === 229) return false;
  return !(safari && event.timeStamp - composedAt < AFTER_COMPOSITION_MS);
}
