/** Keeps the end of the conversation in view until the reader scrolls up. */

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
  // After unfolding something, the reader reads on there and not at the end.
  scroller.addEventListener("click", ({ target }) => {
    if (!target.closest("summary")) return;
    pinned = false;
    requestAnimationFrame(update);
  });
  scroller.addEventListener("keydown", ({ key }) => SCROLL_KEYS.includes(key) && recordAction());
  // Dragging the scroll bar, or a selection beyond the edge.
  scroller.addEventListener("pointerdown", () => (dragging = true));
  for (const event of ["pointerup", "pointercancel"]) {
    window.addEventListener(event, () => {
      if (dragging) recordAction();
      dragging = false;
    });
  }
  for (const element of [scroller, ...scroller.children]) sizes.observe(element);
}

/** Scrolls to the end and follows it until the reader scrolls up. */
export function jumpToLatest() {
  lastActionAt = -ACTION_MS;
  pinned = true;
  empty = false;
  unseen = 0;
  goToEnd();
  showJump();
}

/** Stays at the top until there is a message: an empty chat is read from its beginning. */
export function resetScroll() {
  pinned = true;
  empty = true;
  unseen = 0;
  scroller.scrollTop = 0;
  recordPosition();
  showJump();
}

/** Starts to follow the end: the chat has messages now. */
export function markNotEmpty() {
  empty = false;
}

/** Counts a new message if it arrived out of sight. */
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
  // A button that is hidden would lose the focus.
  if (pinned && document.activeElement === jump) scroller.focus({ preventScroll: true });
  jump.hidden = pinned || empty;
  const words = unseen ? ngettext("%(count)s new message", "%(count)s new messages", unseen) : gettext("Latest");
  jump.querySelector(".jump-text").textContent = fill(words, { count: unseen });
}

// A change of size scrolls as well, before its scroll event is dispatched. So scrolling up counts as the reader's only
// shortly after an action of theirs, or if no size has changed (a search in the page).
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
