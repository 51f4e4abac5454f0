/** The visitor's wish to keep the open chat for its full time again. */

import { fill, gettext } from "./words.js";
import { page } from "./page.js";
import { postExtend, Problem } from "./api.js";
import { say } from "./toast.js";
import { showSession } from "./header.js";

const exact = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { timeStyle: "short" });

export async function keepLonger() {
  try {
    const session = await postExtend(page.dataset.userId);
    showSession(session);
    // The server has the last word: a chat also has a greatest age.
    say(fill(gettext("Kept until %(time)s."), { time: exact.format(new Date(session.expires_at)) }));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(problem.detail);
  }
}
