/** Keeps the end of the conversation in view, but only while the reader is there. */

import { fill, ngettext, gettext } from "../ui/i18n.js";

const END_PX = 8;
const ACTION_MS = 500;
const SCROLL_KEYS = ["ArrowUp", "PageUp", "Home", " ", "Tab"];
let scroller;
let jump;
let pinned = true;
let empty = true;
let unseen = 0;
let lastActionAt = -ACTION_MS;
let dragging = false;
let last = { top: 0, height: 0, room: 0 };

/** Looks up the elements and adds the listeners. */
export function init() {
  scroller = document.getElementById("scroller");
  jump = document.getElementById("jump");
  scroller.addEventListener(
    "scroll",
    () => {
      if (!isAtEnd() && scrolledByReader()) pinned = false;
      update();
    },
    { passive: true },
  );
  for (const event of ["wheel", "touchmove"]) scroller.addEventListener(event, recordAction, { passive: true });
  // Whoever unfolds something reads on from there, not from the end.
  scroller.addEventListener("click", ({ target }) => {
    if (!target.closest("summary")) return;
    pinned = false;
    requestAnimationFrame(update);
  });
  scroller.addEventListener("keydown", ({ key }) => SCROLL_KEYS.includes(key) && recordAction());
  // The bar at the side, or a selection that is drawn over the edge.
  scroller.addEventListener("pointerdown", () => (dragging = true));
  for (const event of ["pointerup", "pointercancel"]) {
    window.addEventListener(event, () => {
      if (dragging) recordAction();
      dragging = false;
    });
  }
  for (const element of [scroller, ...scroller.children]) sizes.observe(element);
}

/** Goes to the end and stays there until the reader scrolls up. */
export function jumpToLatest() {
  lastActionAt = -ACTION_MS;
  pinned = true;
  empty = false;
  unseen = 0;
  goToEnd();
  showJump();
}

/** Stays at the top until something is said: an empty chat is read from its beginning. */
export function resetScroll() {
  pinned = true;
  empty = true;
  unseen = 0;
  scroller.scrollTop = 0;
  recordPosition();
  showJump();
}

/** Begins to follow: something stands in the chat that one may want to see. */
export function markNotEmpty() {
  empty = false;
}

/** Counts a message that may have arrived out of sight. */
export function countUnseen() {
  if (pinned) return;
  unseen += 1;
  showJump();
}

function goToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  recordPosition();
}

function recordPosition() {
  last = { top: scroller.scrollTop, height: scroller.scrollHeight, room: scroller.clientHeight };
}

function showJump() {
  // Focus must not fall off a button that is about to vanish.
  if (pinned && document.activeElement === jump) scroller.focus({ preventScroll: true });
  jump.hidden = pinned || empty;
  const words = unseen ? ngettext("%(count)s new message", "%(count)s new messages", unseen) : gettext("Latest");
  jump.querySelector(".jump-text").textContent = fill(words, { count: unseen });
}

// Who scrolled decides, not how far away the end is. What shrinks or grows moves the page too, before its own scroll
// event is told; so a way up is the reader's where they act, or where nothing else has changed (they search the page).
function scrolledByReader() {
  if (scroller.scrollTop >= last.top) return false;
  const acts = dragging || performance.now() - lastActionAt < ACTION_MS;
  return acts || (scroller.scrollHeight === last.height && scroller.clientHeight === last.room);
}

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;

function update() {
  if (isAtEnd()) {
    pinned = true;
    unseen = 0;
  }
  recordPosition();
  showJump();
}

function recordAction() {
  lastActionAt = performance.now();
}

const sizes = new ResizeObserver(() => {
  if (pinned && !empty) goToEnd();
});
