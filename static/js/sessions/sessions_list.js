/** The list of all chats that the visitor may see, updated live while it is open. */

import { announce } from "../ui/announcer.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";
import { LiveSocket } from "../net/live_socket.js";
import { newRow, showRow } from "./session_row.js";
import { page, socketOf } from "../ui/page.js";
import { Problem, readSessions } from "../net/api.js";

const POLL_MS = 5_000;
const SEARCH_DELAY_MS = 200;
let list;
let filter;
let empty;
let problemLine;
let retry;
let hint;
let countBadge;
let clearAllButton;
let clearAllWords;
const sessions = new Map();
const opened = new Map();
const rows = new Map();
let total = 0;
let partial = false;
let socket = null;
let pollTimer = 0;
let searchTimer = 0;

/** Looks up the elements and adds the listeners. */
export function init() {
  list = document.getElementById("sessions-list");
  filter = document.getElementById("sessions-filter");
  empty = document.getElementById("sessions-empty");
  problemLine = document.getElementById("sessions-problem");
  retry = document.getElementById("sessions-retry");
  hint = document.getElementById("sessions-hint");
  countBadge = document.getElementById("sessions-count");
  clearAllButton = document.querySelector("[data-action=openClearAllModal]");
  clearAllWords = clearAllButton.textContent;
  filter.addEventListener("input", () => {
    renderRows();
    clearTimeout(searchTimer);
    if (partial) searchTimer = setTimeout(loadSessionsList, SEARCH_DELAY_MS);
  });
}

/** Subscribes to the list by its socket; polls every few seconds while that is down. */
export function startSessionsList() {
  filter.value = "";
  loadSessionsList();
  pollTimer = setInterval(loadSessionsList, POLL_MS);
  socket = new LiveSocket({
    address: () => socketOf("sessions"),
    hello: "sessions",
    onFrame: (frame) => frames[frame.type]?.(frame),
    onState: (state) => {
      clearInterval(pollTimer);
      if (state !== "live") pollTimer = setInterval(loadSessionsList, POLL_MS);
    },
  });
  socket.open();
}

export function stopSessionsList() {
  socket?.close();
  clearInterval(pollTimer);
  clearTimeout(searchTimer);
}

/** Remembers a chat that this page has opened, to show it when the list cannot be read. */
export function rememberSession(session) {
  opened.set(session.user_id, session);
}

/** Removes a chat that has ended. */
export function forgetSession(userId) {
  opened.delete(userId);
  if (sessions.delete(userId)) total -= 1;
}

/** Reads the list again now and announces the result. */
export async function retryList() {
  await loadSessionsList();
  if (!retry.hidden) announce(problemLine.textContent);
}

/** Reads and shows the list; if one response does not hold all chats, only those that match the filter. */
export async function loadSessionsList() {
  try {
    const query = partial ? filter.value.trim() : "";
    const { sessions: listed, count } = await readSessions(query);
    if (!query) {
      total = count;
      partial = count > listed.length;
    }
    displaySessionsList(listed);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showLastKnown(problem.detail);
  }
}

/** Shows exactly these sessions, the most recently active first; the current one is highlighted. */
export function displaySessionsList(listed) {
  showListProblem("");
  markStale(false);
  sessions.clear();
  for (const session of listed) sessions.set(session.user_id, session);
  for (const session of listed) renderRow(session);
  renderRows();
}

/** Returns the names of the chats that the list shows with its filter. */
export function shownNames() {
  return Array.from(list.querySelectorAll(".row:not([hidden], .is-gone)"), ({ dataset }) => dataset.userId);
}

/** Removes the row of a chat cleared here and moves its focus to the neighbour. */
export function removeRow(userId) {
  const row = rows.get(userId);
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  const focused = row?.contains(document.activeElement);
  forgetSession(userId);
  row?.remove();
  rows.delete(userId);
  renderRows();
  if (focused) (neighbour?.querySelector(".row-open") ?? filter).focus();
}

export function showListProblem(sentence) {
  if (problemLine.textContent !== sentence) problemLine.textContent = sentence;
}

// Shows the last known chats greyed; they cannot be cleared while the server cannot be reached.
function showLastKnown(sentence) {
  for (const [name, session] of opened) if (!sessions.has(name)) sessions.set(name, session);
  for (const session of sessions.values()) renderRow(session);
  markStale(true);
  renderRows();
  empty.hidden = true;
  const known = sessions.size > 0 ? gettext("What you see is the last that this page knew.") : "";
  showListProblem([sentence, known].filter(Boolean).join(" "));
}

function markStale(stale) {
  if (!stale && document.activeElement === retry) filter.focus();
  list.classList.toggle("is-stale", stale);
  retry.hidden = !stale;
}

const frames = {
  sessions(frame) {
    total = frame.count;
    displaySessionsList(frame.sessions);
  },
  created: ({ session }) => updateSession(session),
  updated: ({ session }) => updateSession(session),
  removed({ user_id }) {
    forgetSession(user_id);
    renderRows();
  },
};

function updateSession(session) {
  if (!sessions.has(session.user_id)) total += 1;
  sessions.set(session.user_id, session);
  renderRow(session);
  renderRows();
}

function renderRow(session) {
  const { user_id } = session;
  if (!rows.has(user_id)) rows.set(user_id, newRow(user_id));
  showRow(rows.get(user_id), session, user_id === page.dataset.userId && !page.dataset.ended);
}

// While the pointer or the focus is in the list, rows do not move: new ones are appended, ended ones stay greyed.
function renderRows() {
  const busy = list.matches(":hover") || list.contains(document.activeElement);
  for (const [name, row] of rows) {
    const gone = !sessions.has(name);
    row.classList.toggle("is-gone", gone);
    row.hidden = !matches(name, row);
    if (!gone || busy) continue;
    row.remove();
    rows.delete(name);
  }
  const latest = Array.from(sessions.values()).sort((a, b) => (a.last_activity < b.last_activity ? 1 : -1));
  latest.forEach(({ user_id }, place) => {
    const row = rows.get(user_id);
    if (busy && !row.isConnected) list.append(row);
    else if (!busy && list.children[place] !== row) list.insertBefore(row, list.children[place]);
  });
  showCounts();
}

function matches(name, row) {
  const words = `${name} ${row.querySelector(".row-persona").textContent}`;
  return words.toLocaleLowerCase().includes(filter.value.trim().toLocaleLowerCase());
}

function showCounts() {
  const count = shownNames().length;
  const narrowed = filter.value.trim() !== "";
  const stale = list.classList.contains("is-stale");
  const these = count === 1 ? gettext("Clear this one …") : gettext("Clear these %(count)s …");
  countBadge.hidden = stale;
  countBadge.textContent = narrowed ? fill(gettext("%(count)s of %(all)s"), { count, all: total }) : total;
  countBadge.title = fill(ngettext("%(count)s chat", "%(count)s chats", total), { count: total });
  empty.hidden = list.querySelector(".row:not([hidden])") !== null;
  empty.textContent = narrowed ? gettext("No chat matches.") : gettext("There is no chat just now.");
  hint.hidden = count === 0 || stale;
  clearAllButton.hidden = hint.hidden;
  clearAllButton.textContent = narrowed ? fill(these, { count }) : clearAllWords;
}
