/** Tells that an operator reads the open chat: a banner for as long as it lasts, quiet lines in the transcript. */

import { announce } from "../ui/announcer.js";
import { copyOf } from "../ui/page.js";
import { placeAfterStored } from "./transcript.js";
import { serverNow } from "../ui/times.js";

// After a gap the server says again who is there, so an end counts only when nobody is named for a moment.
const END_DELAY_MS = 1_000;
let banner;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });
let observed = false;
let endTimer = 0;

/** Looks up the elements. */
export function init() {
  banner = document.getElementById("observed");
}

export function showObserver({ present }) {
  clearTimeout(endTimer);
  if (present) showBanner();
  else if (observed) endTimer = setTimeout(endObservation, END_DELAY_MS);
}

/** Forgets who was there: another chat is opened. */
export function resetObserver() {
  clearTimeout(endTimer);
  observed = false;
  banner.hidden = true;
}

function showBanner() {
  if (observed) return;
  observed = true;
  showMoment(banner.querySelector("time"));
  banner.hidden = false;
  addLine("observed-begin");
  announce(banner.querySelector(".observed-sentence").textContent);
}

function endObservation() {
  resetObserver();
  announce(addLine("observed-end"));
}

function addLine(template) {
  const line = copyOf(template);
  showMoment(line.querySelector("time"));
  placeAfterStored(line);
  return line.querySelector("span").textContent;
}

function showMoment(element) {
  const moment = new Date(serverNow());
  element.dateTime = moment.toISOString();
  element.textContent = clock.format(moment);
}
