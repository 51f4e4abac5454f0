/** Keeps the end of the conversation in view, but only while the reader is there. */

import { fill, ngettext, gettext } from "./words.js";

const END_PX = 8;
const scroller = document.getElementById("scroller");
const jump = document.getElementById("jump");
let pinned = true;
let lastTop = 0;
let unseen = 0;

/** Goes to the end and stays there until the reader scrolls up. */
export function jumpToLatest() {
  pinned = true;
  unseen = 0;
  scroller.scrollTop = scroller.scrollHeight;
  showJump();
}

/** Counts a message that may have arrived out of sight. */
export function countArrival() {
  if (pinned) return;
  unseen += 1;
  showJump();
}

function showJump() {
  // Focus must not fall off a button that is about to vanish.
  if (pinned && document.activeElement === jump) scroller.focus({ preventScroll: true });
  jump.hidden = pinned;
  const words = unseen ? ngettext("%(count)s new message", "%(count)s new messages", unseen) : gettext("Latest");
  jump.querySelector(".jump-text").textContent = fill(words, { count: unseen });
}

// Who scrolled decides, not how far away the end is: growing text moves the end, never the reader.
scroller.addEventListener(
  "scroll",
  () => {
    const top = scroller.scrollTop;
    if (scroller.scrollHeight - top - scroller.clientHeight < END_PX) {
      pinned = true;
      unseen = 0;
    } else if (top < lastTop) pinned = false;
    lastTop = top;
    showJump();
  },
  { passive: true },
);

const sizes = new ResizeObserver(() => {
  if (pinned) scroller.scrollTop = scroller.scrollHeight;
});
for (const element of [scroller, ...scroller.children]) sizes.observe(element);
