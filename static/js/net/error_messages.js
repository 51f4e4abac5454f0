/** Translated sentences for the API's error codes. The API's own English sentences are more specific. */

import { fill, gettext, ngettext } from "../ui/i18n.js";

const english = document.documentElement.lang.startsWith("en");
const sentences = {
  internal_error: () => gettext("Something went wrong on our side. Please try again."),
  invalid_request: () => gettext("This is not possible just now."),
  invalid_user_id: () =>
    gettext("A name has 1 to 64 characters: letters, digits, emoji, single spaces and . _ - ' @ + ( ) , & !"),
  rate_limited: (seconds) =>
    ngettext(
      "That was a lot at once. Please wait %(seconds)s second.",
      "That was a lot at once. Please wait %(seconds)s seconds.",
      seconds,
    ),
  reply_failed: () => gettext("The answer did not come. Your message is kept; please try again."),
  session_exists: () => gettext("A chat of this name exists already. Choose another name, or open that one."),
  session_not_found: () => gettext("There is no chat of this name (any more)."),
  store_unavailable: () => gettext("Nono cannot keep anything just now. Please try again in a moment."),
  too_large: () => gettext("That is too long to be sent."),
  unknown_persona: () => gettext("This persona is not there any more. Please choose another one."),
};

/** Returns the sentence for an error code; `detail`: the server's sentence, `retryAfter`: seconds. */
export function sentenceFor(code, detail, retryAfter = 0) {
  if (english || !Object.hasOwn(sentences, code)) return detail;
  return fill(sentences[code](retryAfter), { seconds: retryAfter });
}
