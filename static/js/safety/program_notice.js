/** The notice that this is a computer program, at the start of a chat and every three hours. */

import { announce } from "../ui/announcer.js";
import { copyOf } from "../ui/page.js";
import { ORDER, place } from "../chat/transcript.js";
import { serverNow } from "../ui/times.js";

const EVERY_MS = 3 * 60 * 60 * 1000;
let shownFor = 0;
let timer = 0;

/** Shows the notice at the start of a chat created at `created` (ISO 8601), and schedules the next one. */
export function startNotices(created) {
  const start = Date.parse(created) || serverNow();
  if (start === shownFor) return;
  shownFor = start;
  addNotice(ORDER.start);
  if (serverNow() - start >= EVERY_MS) addNotice(ORDER.notice(newestSeq()));
  const due = EVERY_MS - ((serverNow() - start) % EVERY_MS);
  clearTimeout(timer);
  timer = setTimeout(repeatNotice, due);
}

/** Stops showing notices for the chat. */
export function stopNotices() {
  clearTimeout(timer);
  shownFor = 0;
}

function repeatNotice() {
  announce(addNotice(ORDER.notice(newestSeq())));
  timer = setTimeout(repeatNotice, EVERY_MS);
}

function addNotice(order) {
  const notice = copyOf("program-notice");
  place(notice, order);
  return notice.textContent;
}

function newestSeq() {
  const seqs = Array.from(document.querySelectorAll("#transcript [data-seq]"), (item) => Number(item.dataset.seq));
  return Math.max(0, ...seqs);
}
