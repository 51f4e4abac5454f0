/** Tells that an operator reads the open chat: a banner for as long as it lasts, quiet lines in the transcript. */

import { announce } from "../ui/announcer.js";
import { copyOf } from "../ui/page.js";
import { placeLast } from "./transcript.js";
import { serverNow } from "../ui/times.js";

// After a gap the server says again who is there, so an end counts only when nobody is named for a moment.
const SETTLE_MS = 1_000;
const banner = document.getElementById("observed");
const clock = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });
let observed = false;
let ending = 0;

export function showObserver({ present }) {
  clearTimeout(ending);
  if (present) begin();
  else if (observed) ending = setTimeout(end, SETTLE_MS);
}

/** Forgets who was there: another chat is opened. */
export function leaveObserver() {
  clearTimeout(ending);
  observed = false;
  banner.hidden = true;
}

function begin() {
  if (observed) return;
  observed = true;
  showMoment(banner.querySelector("time"));
  banner.hidden = false;
  note("observed-begin");
  announce(banner.querySelector(".observed-sentence").textContent);
}

function end() {
  leaveObserver();
  announce(note("observed-end"));
}

function note(template) {
  const line = copyOf(template);
  showMoment(line.querySelector("time"));
  placeLast(line);
  return line.querySelector("span").textContent;
}

function showMoment(element) {
  const moment = new Date(serverNow());
  element.dateTime = moment.toISOString();
  element.textContent = clock.format(moment);
}
