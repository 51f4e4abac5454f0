/** Says in the transcript that this is a computer program: at the start of a chat and every three hours. */

import { announce } from "../ui/announcer.js";
import { copyOf } from "../ui/page.js";
import { place } from "../chat/transcript.js";
import { serverNow } from "../ui/times.js";

const EVERY_MS = 3 * 60 * 60 * 1000;
let said = 0;
let next = 0;

/** Turns to a chat that began at `created` (ISO): says it at its start, and from now on whenever it is due. */
export function beginNotices(created) {
  const start = Date.parse(created) || serverNow();
  if (start === said) return;
  said = start;
  put(0);
  if (serverNow() - start >= EVERY_MS) put(newestSeq() + 0.75);
  const due = EVERY_MS - ((serverNow() - start) % EVERY_MS);
  clearTimeout(next);
  next = setTimeout(again, due);
}

/** Forgets the chat. */
export function endNotices() {
  clearTimeout(next);
  said = 0;
}

function again() {
  announce(put(newestSeq() + 0.75));
  next = setTimeout(again, EVERY_MS);
}

function put(order) {
  const notice = copyOf("program-notice");
  place(notice, order);
  return notice.textContent;
}

function newestSeq() {
  const seqs = Array.from(document.querySelectorAll("#transcript [data-seq]"), (item) => Number(item.dataset.seq));
  return Math.max(0, ...seqs);
}
