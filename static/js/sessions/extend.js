/** Extends the open chat to its full time. */

import { chatExpiresAt } from "../ui/clock.js";
import { fill, gettext } from "../ui/i18n.js";
import { page } from "../ui/page.js";
import { postExtend, Problem } from "../net/api.js";
import { showToast } from "../ui/toast.js";
import { showSession } from "../ui/header.js";

const SAME_MS = 50;
const exact = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });

/** Requests the full time and shows the result. */
export async function extendSession() {
  try {
    const before = chatExpiresAt();
    const session = await postExtend(page.dataset.userId);
    showSession(session);
    const time = exact.format(new Date(session.expires_at));
    // A chat cannot be extended beyond its maximum age.
    const atItsEnd = Math.abs(Date.parse(session.expires_at) - before) < SAME_MS;
    const words = atItsEnd
      ? gettext("This chat has reached its greatest age and is gone at %(time)s.")
      : gettext("Kept until %(time)s.");
    showToast(fill(words, { time }));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showToast(problem.detail);
  }
}
