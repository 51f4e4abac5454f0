/** The open chat: applies the frames of its socket to the transcript. */

import { addMessage, addMessages, clearTranscript, removeMessage, showWelcome, spokenText } from "./transcript.js";
import { announce } from "../ui/announcer.js";
import { announceWriting, appendText, removeLoading, showLoading, showPhase, detachReply } from "./reply.js";
import {
  deliverAll,
  switchDelivery,
  markOffline,
  stopDelivery,
  rejectMessage,
  acknowledge,
  startDelivery,
} from "./delivery.js";
import { drawContextLine, drawContextLineOf } from "./context_line.js";
import { focusComposer } from "./composer.js";
import { gettext } from "../ui/i18n.js";
import { LiveSocket } from "../net/live_socket.js";
import { socketOf } from "../ui/page.js";
import { sentenceFor } from "../net/error_messages.js";
import { setServerTime } from "../ui/times.js";
import { showConnection, showMissedCount, showReconnecting } from "./connection.js";
import { startNotices, stopNotices } from "../safety/program_notice.js";
import { hideSafety, showSafety } from "../safety/card.js";
import { focusChatEnded, hideChatEnded, showChatEnded } from "./chat_ended.js";
import { resetObserver, showObserver } from "./observer_banner.js";
import { forgetSession, rememberSession } from "../sessions/sessions_list.js";
import { offerUndo, withdrawUndo } from "../sessions/undo.js";
import { showToast } from "../ui/toast.js";
import { showSession } from "../ui/header.js";

let chat = null;

/** Connects to a chat whose messages up to `seq` are shown. */
export function openConversation({ user_id, session_id }, seq) {
  leaveConversation();
  const socket = new LiveSocket({
    address: () => socketOf("chat", user_id, { epoch: chat.epoch, after: chat.seq }),
    hello: "welcome",
    onFrame: (frame) => frames[frame.type]?.(frame),
    onState: (state) => {
      chat.live &&= state === "live";
      if (state !== "live") markOffline();
      showConnection(state);
    },
    onEnd: () => endChat(chat.epoch === null ? "missing" : "expired"),
  });
  chat = { userId: user_id, sessionId: session_id, epoch: null, seq, socket };
  Object.assign(chat, { live: false, ended: "", reply: null, finished: null });
  startDelivery({ user_id, session_id }, (frame) => chat.live && socket.send(frame), reconnect);
  socket.open();
}

export function leaveConversation() {
  chat?.socket.close();
  chat = null;
  stopDelivery();
  removeLoading();
  resetSafety();
  resetObserver();
}

/** Reconnects to read what was missed: after a gap, after an undo, or when the chat's time is up. */
export function reconnect() {
  if (!chat || chat.ended === "expired") return;
  chat.live = false;
  chat.socket.restart();
}

/** Shows that this page cleared the chat, without waiting for the server's frame. */
export function showCleared(userId) {
  if (chat?.userId !== userId) return;
  endChat("cleared"); // does nothing if the server's frame came first
  focusChatEnded();
}

/** Reconnects to a chat that was restored: its socket may have missed the frame. */
export function showRestored(userId) {
  if (chat?.userId === userId && chat.ended) reconnect();
}

/** Stops the reply that is being written; its text so far stays. */
export function stopReply(_button, press) {
  // The second click of a double click on Send hits Stop by accident.
  if (!(press?.detail > 1)) sendOrWarn({ type: "stop" });
}

/** Connects now instead of after the pause. */
export function tryNow() {
  showReconnecting();
  reconnect();
}

/** Requests another reply in place of the last one. */
export const retryReply = () => sendOrWarn({ type: "regenerate" });

/** Requests the rest of the last reply, which was cut at the length limit. */
export function continueReply(button, press) {
  if (press?.detail > 1 || !sendOrWarn({ type: "continue" })) return;
  showLoading(Number(button.closest(".message").dataset.seq));
  focusComposer(); // the button is hidden while the rest is written
}

function sendOrWarn(frame) {
  const sent = Boolean(chat?.live && chat.socket.send(frame));
  if (!sent) showToast(gettext("There is no connection just now. Try again in a moment."));
  return sent;
}

const frames = {
  welcome({ session, epoch, seq, recovered, messages, reply, running, server_time }) {
    setServerTime(server_time);
    const renewed = session.session_id !== chat.sessionId || (chat.epoch !== null && chat.epoch !== epoch);
    if (renewed) resetChat(session);
    if (chat.ended) hideChatEnded();
    Object.assign(chat, { epoch, sessionId: session.session_id, seq, live: true, ended: "", reply: null });
    applySession(session);
    showObserver({ present: false }); // an observer frame follows if an operator is present
    startNotices(session.created_at);
    removeLoading();
    for (const { id } of messages) acknowledge(id);
    addMessages(messages);
    if (messages.length) drawContextLineOf(messages);
    if (running) showRunning(running, reply);
    if (recovered) showMissedCount(messages.length);
    deliverAll();
  },

  message({ message, duplicate }) {
    showStored(message);
    if (trackSeq(message) && !duplicate && !chat.reply && message.role === "user") showLoading(message.seq);
  },

  // A second start of the same reply discards its text.
  start(reply) {
    const isNew = chat.reply?.id !== reply.reply_id;
    showRunning(reply, "");
    if (isNew) announceWriting();
  },

  status({ reply_id, phase, since }) {
    if (chat.reply?.id === reply_id) showPhase(phase, since);
  },

  chunk({ reply_id, offset, content }) {
    if (!chat.live || chat.finished === reply_id) return;
    if (chat.reply?.id !== reply_id || offset > chat.reply.length) {
      reconnect();
      return;
    }
    // Offsets count characters; a JavaScript string counts UTF-16 code units.
    const fresh = Array.from(content).slice(chat.reply.length - offset);
    if (fresh.length) appendText(fresh.join(""));
    chat.reply.length += fresh.length;
  },

  replaced({ reply_id, seq, epoch }) {
    removeMessage(reply_id);
    Object.assign(chat, { epoch, seq: Math.min(chat.seq, seq - 1) });
  },

  complete({ reply_id, response, message }) {
    const element = detachReply();
    Object.assign(chat, { reply: null, finished: reply_id });
    if (message) {
      addMessage(message, { element });
      drawContextLineOf([message]);
      trackSeq(message);
    } else element?.remove();
    announce(spokenText(reply_id) || response);
  },

  safety: showSafety,
  observer: showObserver,
  session: ({ session }) => applySession(session),
  cleared() {
    offerUndo(chat.userId);
    endChat("cleared");
  },
  restored: () => withdrawUndo(chat.userId),
  expired: () => endChat("expired"),

  error({ code, message, retry_after, client_id }) {
    const sentence = sentenceFor(code, message, retry_after);
    if (client_id) rejectMessage(client_id, { code, sentence, retryAfter: retry_after });
    else if (chat.live) {
      if (!chat.reply) removeLoading();
      showToast(sentence);
    }
  },
};

function applySession(session) {
  showSession(session);
  rememberSession(session);
}

function resetChat({ session_id, persona }) {
  clearTranscript();
  resetSafety();
  showWelcome(persona);
  switchDelivery(session_id);
}

function resetSafety() {
  hideSafety();
  stopNotices();
}

function showStored(message) {
  acknowledge(message.id);
  addMessage(message);
}

function showRunning({ reply_id, in_reply_to, context_from, phase, since }, content) {
  chat.reply = { id: reply_id, length: Array.from(content).length };
  drawContextLine(context_from);
  showLoading(in_reply_to, { phase, since });
  if (content) appendText(content);
}

// Records the seq. Returns false, and reconnects, if a message before this one is missing.
function trackSeq({ seq }) {
  const whole = seq <= chat.seq + 1;
  if (whole) chat.seq = Math.max(chat.seq, seq);
  else reconnect();
  return whole;
}

function endChat(kind) {
  if (chat.ended) return;
  removeLoading();
  showConnection("ended");
  // A cleared chat may be restored within ten seconds; the same socket reports that.
  if (kind !== "cleared") chat.socket.close();
  Object.assign(chat, { live: false, ended: kind });
  forgetSession(chat.userId);
  showChatEnded(kind, chat.userId);
}
