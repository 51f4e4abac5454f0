/** Clears one chat. */

import { deleteSession, Problem } from "../net/api.js";
import { offerUndo } from "./undo.js";
import { showToast } from "../ui/toast.js";
import { serverNow } from "../ui/times.js";
import { showCleared } from "../chat/conversation.js";

/** Clears a chat and offers to undo it; returns whether it was cleared. */
export async function clearSession(userId) {
  try {
    const { undo, undo_until } = await deleteSession(userId);
    showCleared(userId);
    offerUndo(userId, undo, Math.max(0, Date.parse(undo_until) - serverNow()) || undefined);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showToast(problem.detail);
    return false;
  }
}
