/** Sentences about how a reply ended and what the visitor can do. */

import { fill, gettext } from "../ui/i18n.js";
import { serverNow } from "../ui/times.js";

const language = document.documentElement.lang || undefined;
const hour = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });

/** Returns whether the rest of a reply with this metadata can be requested. */
export const isCut = ({ state = "done", finish_reason }) => state === "done" && finish_reason === "length";

/** Returns the sentence about a stored reply's end, "" if it is complete; `content` is its text. */
export function sentenceOfEnd(metadata, content) {
  switch (metadata.state ?? "done") {
    case "done":
      return sentenceOfFinish(metadata.finish_reason);
    case "stopped":
      return gettext("Stopped here.");
    case "interrupted":
      return gettext("Interrupted: the rest of this answer is lost.");
    case "error":
      return sentenceOfFailure(metadata, content);
    default:
      return "";
  }
}

function sentenceOfFinish(reason) {
  switch (reason) {
    case "length":
      return gettext("Cut at the length limit.");
    case "content_filter":
      return gettext("Withheld by the provider.");
    case "refusal":
      return gettext("The model declined to answer.");
    default:
      return "";
  }
}

function sentenceOfFailure({ finish_reason, reason, retry_at }, content) {
  if (finish_reason === "length" && !content) {
    return gettext("The model reached its length limit before it answered.");
  }
  return sentenceOfFinish(finish_reason) || sentenceOfReason(reason, retry_at, content);
}

function sentenceOfReason(reason, retryAt, content) {
  switch (reason) {
    case "key":
    case "model":
    case "parameter":
      return gettext("The model is not set up correctly. The people who run this site have to look at it.");
    case "quota":
      return gettext("The model’s quota is used up. The people who run this site have to look at it.");
    case "internal":
      return gettext("Something went wrong on our side. The people who run this site have to look at it.");
    case "context":
      return gettext("Your message is too long for this model: make it shorter.");
    case "policy":
      return gettext("Withheld by the provider.");
    case "busy":
      return sentenceOfBusy(Date.parse(retryAt));
    default:
      return content ? gettext("The answer broke off.") : sentenceOfNoReply(reason);
  }
}

// Used only for replies without text: with a partial text, the reason does not matter to the reader.
function sentenceOfNoReply(reason) {
  switch (reason) {
    case "unreachable":
      return gettext("The model cannot be reached. Your message is kept: try again in a moment.");
    case "timeout":
      return gettext("The model took too long. Your message is kept: try again in a moment.");
    case "broken":
      return gettext("The model’s answer cannot be read. The people who run this site have to look at it.");
    case "empty":
      return gettext("The model’s answer was empty. Try again.");
    default:
      return gettext("The model did not answer. Your message is kept.");
  }
}

function sentenceOfBusy(moment) {
  const now = serverNow();
  if (!(moment > now)) return gettext("The model is busy. Try again in a moment.");
  const today = new Date(moment).toDateString() === new Date(now).toDateString();
  const sentence = today
    ? gettext("The model is busy. Try again at %(time)s.")
    : gettext("The model is busy. Try again on %(day)s at %(time)s.");
  return fill(sentence, { day: day.format(moment), time: hour.format(moment) });
}
