/** The ten-second undo of cleared chats, offered in every tab that had them open. */

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

/** Connects this tab with the other tabs. */
export function init() {
  // Another tab may have another chat open and then gets no frame about the clear.
  tabs = new BroadcastChannel("nono:clears");
  tabs.addEventListener("message", ({ data: { cleared, until, back } }) => {
    if (back) back.forEach(withdrawUndo);
    // The tab with the chat open may have received the server's frame first.
    else if (cleared.every(({ userId }) => isOffered(userId))) offers = cleared;
    else if (until > Date.now()) offer(cleared, until - Date.now());
  });
}

/** Offers to undo the clear of a chat; without a token, its latest clear. */
export function offerUndo(userId, token = "", undoMs = UNDO_MS) {
  // The server also reports what this tab has cleared itself.
  if (!token && isOffered(userId)) return;
  offer([{ userId, token }], undoMs);
  if (token) notifyTabs([{ userId, token }], undoMs);
}

/** Offers to undo the clear of many chats, [{userId, token}]; `addition`: another sentence. */
export function offerUndoOfAll(cleared, undoMs, addition = "") {
  offer(cleared, undoMs, addition);
  notifyTabs(cleared, undoMs);
}

/** Withdraws the offer for a chat: another tab has accepted it. */
export function withdrawUndo(userId) {
  if (!isOffered(userId)) return;
  offers = offers.filter((one) => one.userId !== userId);
  if (offers.length === 0) hideToast();
}

/** Restores the offered chats and returns the names of the restored ones. */
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

// A chat's draft is deleted with it, unless the chat was restored or created again.
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
