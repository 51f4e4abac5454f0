/** The Send button, which is a Stop button while a reply is being written and the field is empty. */

import { gettext } from "../ui/i18n.js";

let form;
let field;
let button;
let send;
let running = false;

/** Looks up the elements. */
export function init() {
  form = document.getElementById("composer");
  field = document.getElementById("message");
  button = form.querySelector(".send");
  send = { label: button.getAttribute("aria-label"), title: button.title };
}

/** Sets whether a reply is being written. */
export function setReplyRunning(now) {
  running = now;
  showButton();
}

export const isReplyRunning = () => running;

function showButton() {
  const stops = running && field.value.trim() === "";
  if (stops === form.classList.contains("is-running")) return;
  form.classList.toggle("is-running", stops);
  button.type = stops ? "button" : "submit";
  if (stops) button.dataset.action = "stopReply";
  else delete button.dataset.action;
  button.setAttribute("aria-label", stops ? gettext("Stop") : send.label);
  button.title = stops ? gettext("Stop (Esc)") : send.title;
}

/** Updates the button after a change of the field. */
export const updateSendButton = showButton;
