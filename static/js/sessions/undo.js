/** Ten seconds in which what was cleared can be brought back, from any tab that had it open. */

import { fill, gettext, ngettext } from "../ui/i18n.js";
import { hideToast, showToast } from "../ui/toast.js";
import { saveDraft } from "../ui/storage.js";
import { page } from "../ui/page.js";
import { postUndo, Problem } from "../net/api.js";

const UNDO_MS = 10_000;
let offers = [];
let endsAt = 0;
let lapseTimer = 0;
let tabs;

/** Connects this tab with the other ones. */
export function init() {
  // What one tab clears may be missed in another one, which may look at any chat: the browser passes it on.
  tabs = new BroadcastChannel("nono:clears");
  tabs.addEventListener("message", ({ data: { cleared, until, back } }) => {
    if (back) back.forEach(withdrawUndo);
    // The tab that has the chat open may have heard of it already, from the server.
    else if (cleared.every(({ userId }) => isOffered(userId))) offers = cleared;
    else if (until > Date.now()) offer(cleared, until - Date.now());
  });
}

/** Says that a chat was cleared and offers to undo it; without a token its latest clear is meant. */
export function offerUndo(userId, token = "", undoMs = UNDO_MS) {
  // What this tab has cleared itself, alone or among others, the server tells it of as well.
  if (!token && isOffered(userId)) return;
  offer([{ userId, token }], undoMs);
  if (token) notifyTabs([{ userId, token }], undoMs);
}

/** Says that many were cleared, [{userId, token}], with another sentence where there is one to add. */
export function offerUndoOfAll(cleared, undoMs, addition = "") {
  offer(cleared, undoMs, addition);
  notifyTabs(cleared, undoMs);
}

/** Takes the offer for a chat back: somebody else has accepted it. */
export function withdrawUndo(userId) {
  if (!isOffered(userId)) return;
  offers = offers.filter((one) => one.userId !== userId);
  if (offers.length === 0) hideToast();
}

/** Brings back what was offered and returns the names of what is back. */
export async function acceptUndo() {
  const wanted = offers;
  offers = [];
  const outcomes = await Promise.all(wanted.map(restore));
  const back = outcomes.filter(({ problem }) => !problem).map(({ userId }) => userId);
  tabs.postMessage({ back });
  showToast(outcomes.length === 1 ? sentenceForOne(outcomes[0]) : sentenceForAll(back.length, outcomes.length));
  return back;
}

const isOffered = (userId) => performance.now() < endsAt && offers.some((one) => one.userId === userId);

function notifyTabs(cleared, undoMs) {
  const tokens = cleared.map(({ userId, token }) => ({ userId, token }));
  tabs.postMessage({ cleared: tokens, until: Date.now() + undoMs });
}

function offer(cleared, undoMs, addition = "") {
  offers = cleared;
  endsAt = performance.now() + undoMs;
  clearTimeout(lapseTimer);
  lapseTimer = setTimeout(deleteDrafts, undoMs);
  const [{ userId: name }] = cleared;
  const count = cleared.length;
  const many = ngettext("%(count)s chat was cleared.", "%(count)s chats were cleared.", count);
  const sentence = count === 1 ? fill(gettext("“%(name)s” was cleared."), { name }) : fill(many, { count });
  showToast([sentence, addition].filter(Boolean).join(" "), { undoMs });
}

// A draft goes with its chat, unless that was brought back or begun again meanwhile.
function deleteDrafts() {
  for (const { userId } of offers) {
    if (page.dataset.ended || page.dataset.userId !== userId) saveDraft(userId, "");
  }
}

async function restore({ userId, token }) {
  try {
    await postUndo(userId, token);
    return { userId };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return { userId, problem };
  }
}

function sentenceForOne({ userId, problem }) {
  return problem ? problem.detail : fill(gettext("“%(name)s” is back."), { name: userId });
}

function sentenceForAll(count, all) {
  if (count < all) return fill(gettext("%(count)s of %(all)s chats are back."), { count, all });
  return fill(ngettext("%(count)s chat is back.", "%(count)s chats are back.", count), { count });
}
