/** Ten seconds in which a cleared chat can be brought back, from any tab that had it open. */

import { fill, gettext } from "./words.js";
import { hideToast, say } from "./toast.js";
import { postUndo, Problem } from "./api.js";

const UNDO_MS = 10_000;
let offer = null;

/** Says that a chat was cleared and offers to undo it; without a token its latest clear is meant. */
export function offerUndo(userId, token = "", undoMs = UNDO_MS) {
  offer = { userId, token: token || (offer?.userId === userId ? offer.token : "") };
  say(fill(gettext("“%(name)s” was cleared."), { name: userId }), { undoMs });
}

/** Takes the offer back: somebody else has accepted it. */
export function withdrawUndo() {
  offer = null;
  hideToast();
}

/** Brings the chat back and returns its name, or "" where that was not possible. */
export async function acceptUndo() {
  const { userId, token } = offer;
  try {
    await postUndo(userId, token);
    say(fill(gettext("“%(name)s” is back."), { name: userId }));
    return userId;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(problem.detail);
    return "";
  }
}
