/** Creating a chat, switching to one, and reading its history. */

import { addMessages, clearTranscript, showWelcome } from "../chat/transcript.js";
import { drawContextLineOf } from "../chat/context_line.js";
import { hideChatEnded, showChatEnded } from "../chat/chat_ended.js";
import { jumpToLatest } from "../chat/follow.js";
import { saveLastChat } from "../ui/storage.js";
import { leaveConversation, openConversation } from "../chat/conversation.js";
import { openDraft } from "../chat/composer.js";
import { urlOf } from "../ui/page.js";
import { Problem, postSession, readHistory } from "../net/api.js";
import { showConnection } from "../chat/connection.js";
import { showSession } from "../ui/header.js";
import { showSkeleton } from "../ui/skeleton.js";

// Every opening of a chat has a number: an answer that comes late, for a chat already left, is dropped.
let visit = 0;

/** Returns a name for a visitor who gave none. */
export const generatedName = () => `user_${Date.now()}`;

/** Creates a chat and opens it: the chat area is cleared and the persona greets. Throws the server's Problem. */
export async function createNewSession({ userId = generatedName(), persona, replace = false } = {}) {
  visit += 1;
  const mine = visit;
  const session = await postSession(userId, persona);
  if (mine !== visit) return session;
  openSession(session, []);
  showAddress(session.user_id, replace);
  return session;
}

/** Opens another chat: reads its history, shows it, makes it the active one. Throws the server's Problem. */
export async function switchSession(userId, { push = true, replace = false } = {}) {
  const history = await loadChatHistory(userId);
  if (history === null) return;
  openSession(history, history.messages);
  if (push) showAddress(history.user_id, replace);
}

/** Reads a chat's history; null when another chat was opened meanwhile. Throws the server's Problem. */
export async function loadChatHistory(userId) {
  visit += 1;
  const mine = visit;
  const hideSkeleton = showSkeleton();
  try {
    const history = await readHistory(userId);
    return mine === visit ? history : null;
  } catch (problem) {
    if (mine === visit) throw problem;
    return null;
  } finally {
    hideSkeleton();
  }
}

/** Opens a chat that the address names; where that fails, says why and offers a way on. */
export async function openNamedSession(userId, options) {
  try {
    await switchSession(userId, options);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    leaveConversation();
    clearTranscript();
    showSession({ user_id: userId });
    showConnection("ended");
    const missing = problem.code === "session_not_found" || problem.status === 422;
    showChatEnded(missing ? "missing" : "unreachable", userId, problem.status === 404 ? "" : problem.detail);
    if (options?.push !== false) showAddress(userId, options?.replace);
  }
}

function openSession(session, messages) {
  leaveConversation();
  hideChatEnded();
  clearTranscript();
  showSession(session);
  showWelcome(session.persona);
  addMessages(messages);
  drawContextLineOf(messages);
  if (messages.length) jumpToLatest();
  saveLastChat(session.user_id);
  openDraft(session.user_id);
  openConversation(session, messages.at(-1)?.seq ?? 0);
}

function showAddress(userId, replace) {
  const state = { userId };
  if (replace) history.replaceState(state, "", urlOf("chat", userId));
  else if (history.state?.userId !== userId) history.pushState(state, "", urlOf("chat", userId));
}
