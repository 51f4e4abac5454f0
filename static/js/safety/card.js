/** The card with ways to get help: in full when the server says that it is due, as a slim bar from then on. */

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
  // While the server is out of reach its help page is too, but the card is here.
  document.querySelector(".help-link").addEventListener("click", (press) => {
    const connection = document.getElementById("connection").dataset.connection;
    if (!["reconnecting", "offline"].includes(connection)) return;
    press.preventDefault();
    setSubject("self");
    open();
    body.focus();
  });
}

/** Shows what a `safety` frame says; `due`: in full. What is open stays open, for somebody may be reading it. */
export function showSafety({ level, card: due }) {
  if (level === "none") return;
  const subject = level === "about_other" ? "other" : "self";
  if (level === "imminent") card.dataset.urgent = "";
  if (card.hidden || due) setSubject(subject);
  if (due) open();
  else if (card.hidden) resize("slim");
  else if (subject === "other" && !forOther.open) showForOther();
}

/** Takes the card away: another chat is open now. */
export function hideSafety() {
  card.hidden = true;
  delete card.dataset.urgent;
}

/** Between all of it and the slim bar, as the reader likes. */
export function toggleSafety() {
  resize(card.dataset.size === "full" ? "slim" : "full");
}

function open() {
  resize("full");
  card.scrollTop = 0;
  // After the chat's own announcements, and never in their place.
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = gettext("Ways to get help are shown above the messages.")), 50);
}

function setSubject(subject) {
  card.dataset.about = subject;
  forOther.open = subject === "other";
}

/** Somebody else is in danger as well: the card stays the visitor's own, and what helps another is shown in it. */
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
