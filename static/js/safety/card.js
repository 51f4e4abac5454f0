/** The card with ways to get help: in full size when a `safety` frame asks for it, then as a slim bar. */

import { gettext } from "../ui/i18n.js";

let card;
let body;
let toggle;
let announcer;
let forOther;

/** Looks up the elements and adds the listeners. */
export function init() {
  card = document.getElementById("safety");
  body = document.getElementById("safety-body");
  toggle = card.querySelector("[data-action=toggleSafety]");
  announcer = document.getElementById("safety-announcer");
  forOther = card.querySelector("[data-other]");
  // Offline the help page cannot be loaded, so the link opens the card.
  document.querySelector(".help-link").addEventListener("click", (press) => {
    const connection = document.getElementById("connection").dataset.connection;
    if (!["reconnecting", "offline"].includes(connection)) return;
    press.preventDefault();
    setSubject("self");
    open();
    body.focus();
  });
}

/** Applies a `safety` frame; `due`: in full size. An open card stays open, because it may be being read. */
export function showSafety({ level, card: due }) {
  if (level === "none") return;
  const subject = level === "about_other" ? "other" : "self";
  if (level === "imminent") card.dataset.urgent = "";
  if (card.hidden || due) setSubject(subject);
  if (due) open();
  else if (card.hidden) resize("slim");
  else if (subject === "other" && !forOther.open) showForOther();
}

/** Hides the card: another chat is opened. */
export function hideSafety() {
  card.hidden = true;
  delete card.dataset.urgent;
}

/** Switches between full size and slim bar. */
export function toggleSafety() {
  resize(card.dataset.size === "full" ? "slim" : "full");
}

function open() {
  resize("full");
  card.scrollTop = 0;
  // Delayed, so that it does not replace an announcement of the chat.
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = gettext("Ways to get help are shown above the messages.")), 50);
}

function setSubject(subject) {
  card.dataset.about = subject;
  forOther.open = subject === "other";
}

/** Unfolds the part about helping somebody else; the rest of the card stays about the visitor. */
function showForOther() {
  forOther.open = true;
  open();
  forOther.scrollIntoView({ block: "start" });
}

function resize(size) {
  card.dataset.size = size;
  card.hidden = false;
  toggle.setAttribute("aria-expanded", String(size === "full"));
  body.hidden = size === "slim";
}
