/** Shows that an operator reads the open chat: a banner meanwhile, and a line in the transcript at start and end. */

import { announce } from "../ui/announcer.js";
import { copyOf } from "../ui/page.js";
import { placeAfterStored } from "./transcript.js";
import { serverNow } from "../ui/times.js";

// After a reconnect the server reports the operator again, so the end is shown with a delay.
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

/** Hides the banner: another chat is opened. */
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
