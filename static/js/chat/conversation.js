/** The one open chat: follows its socket's frames and keeps the transcript true to the server. */

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

/** Goes live on a chat whose messages up to `seq` are shown. */
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

/** Asks the server again: after a gap, after an undo, or when the clock says that the chat's time is up. */
export function reconnect() {
  if (!chat || chat.ended === "expired") return;
  chat.live = false;
  chat.socket.restart();
}

/** Tells that this very page cleared the chat, which it need not hear from the server first. */
export function showCleared(userId) {
  if (chat?.userId !== userId) return;
  endChat("cleared"); // unless the server was faster
  focusChatEnded();
}

/** Tells that the chat was brought back; its socket says so too, unless it was down meanwhile. */
export function showRestored(userId) {
  if (chat?.userId === userId && chat.ended) reconnect();
}

/** Ends the answer that is being written; what it said so far stays. */
export function stopReply(_button, press) {
  // The second click of a double click on Send lands on Stop and does not mean it.
  if (!(press?.detail > 1)) sendOrWarn({ type: "stop" });
}

/** Asks for the server now instead of after the pause, because somebody waits for it. */
export function tryNow() {
  showReconnecting();
  reconnect();
}

/** Asks for another answer in place of the last one. */
export const retryReply = () => sendOrWarn({ type: "regenerate" });

/** Asks for the rest of the last answer, which was cut at the length limit. */
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
    showObserver({ present: false }); // who is there is said again right after this
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

  // A second one for the same reply takes its text back.
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
    // Offsets count characters; a JavaScript string counts halves of those beyond U+FFFF.
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

// Returns whether nothing was missed before this message; where something was, asks for it.
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
  // A cleared chat may come back within its ten seconds, and the same socket says so.
  if (kind !== "cleared") chat.socket.close();
  Object.assign(chat, { live: false, ended: kind });
  forgetSession(chat.userId);
  showChatEnded(kind, chat.userId);
}
