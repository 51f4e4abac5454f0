/** Creates a chat, switches to one, and reads its history. */

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

// Number of the latest opening: a late response for an earlier one is dropped.
let latestOpening = 0;
const SKELETON_AFTER_MS = 200;
let skeleton;
let loading = 0;

/** Looks up the elements. */
export function init() {
  skeleton = document.getElementById("skeleton");
}

/** Returns a generated name for a chat. */
export const generatedName = () => `user_${Date.now()}`;

/** Creates a chat and opens it. Throws the server's Problem. */
export async function createNewSession({ userId = generatedName(), persona, replace = false } = {}) {
  latestOpening += 1;
  const opening = latestOpening;
  const session = await postSession(userId, persona);
  if (opening !== latestOpening) return session;
  openSession(session, []);
  showAddress(session.user_id, replace);
  return session;
}

/** Reads a chat's history and opens it. Throws the server's Problem. */
export async function switchSession(userId, { push = true, replace = false } = {}) {
  const history = await loadChatHistory(userId);
  if (history === null) return;
  openSession(history, history.messages);
  if (push) showAddress(history.user_id, replace);
}

/** Reads a chat's history; null if another chat was opened meanwhile. Throws the server's Problem. */
export async function loadChatHistory(userId) {
  latestOpening += 1;
  const opening = latestOpening;
  const hideSkeleton = showSkeleton();
  try {
    const history = await readHistory(userId);
    return opening === latestOpening ? history : null;
  } catch (problem) {
    if (opening === latestOpening) throw problem;
    return null;
  } finally {
    hideSkeleton();
  }
}

/** Opens the chat named in the address; shows why if that fails. */
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

// Shows placeholder lines while a history loads slowly; returns the function that ends the wait.
function showSkeleton() {
  loading += 1;
  const timer = setTimeout(() => (skeleton.hidden = false), SKELETON_AFTER_MS);
  return () => {
    clearTimeout(timer);
    loading -= 1;
    if (loading === 0) skeleton.hidden = true;
  };
}
