/** Relative times by the server's clock; datetime and title have the exact time. */

import { gettext } from "./i18n.js";

const REFRESH_MS = 20_000;
const language = document.documentElement.lang || undefined;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
let offsetMs = 0;

/** Starts to refresh the times that the page shows. */
export function init() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const words = ago(new Date(element.dateTime));
      if (element.textContent !== words) element.textContent = words;
    }
  }, REFRESH_MS);
}

/** Sets the server's time (ISO 8601), to correct the local clock. */
export function setServerTime(iso) {
  const server = Date.parse(iso);
  if (Number.isFinite(server)) offsetMs = server - Date.now();
}

/** Returns the server's time in milliseconds since 1970. */
export const serverNow = () => Date.now() + offsetMs;

/** Fills a <time> element from an ISO 8601 timestamp; it is refreshed from then on. */
export function showTime(element, iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return;
  element.dateTime = iso;
  element.title = exact.format(moment);
  element.dataset.relative = "";
  element.textContent = ago(moment);
}

function ago(moment) {
  const seconds = Math.round((moment.getTime() - serverNow()) / 1000);
  if (Math.abs(seconds) < 45) return gettext("just now");
  if (Math.abs(seconds) < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}
