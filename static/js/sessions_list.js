/** All chats that the visitor may see, kept live while the list is open. */

import { fill, gettext, ngettext } from "./words.js";
import { LiveSocket } from "./socket.js";
import { newRow, showRow } from "./session_row.js";
import { page, socketOf } from "./page.js";
import { Problem, readSessions } from "./api.js";

const REREAD_MS = 5_000;
const SETTLE_MS = 200;
const list = document.getElementById("sessions-list");
const filter = document.getElementById("sessions-filter");
const empty = document.getElementById("sessions-empty");
const problemLine = document.getElementById("sessions-problem");
const countBadge = document.getElementById("sessions-count");
const clearAllButton = document.querySelector("[data-action=openClearAllModal]");
const sessions = new Map();
const rows = new Map();
let total = 0;
let partial = false;
let socket = null;
let reread = 0;
let typing = 0;

/** Follows the list over its live socket; while that is down or refused, reads it again every few seconds. */
export function followSessions() {
  filter.value = "";
  loadSessionsList();
  reread = setInterval(loadSessionsList, REREAD_MS);
  socket = new LiveSocket({
    address: () => socketOf("sessions"),
    hello: "sessions",
    onFrame: (frame) => frames[frame.type]?.(frame),
    onState: (state) => {
      clearInterval(reread);
      if (state !== "live") reread = setInterval(loadSessionsList, REREAD_MS);
    },
  });
  socket.open();
}

export function leaveSessions() {
  socket?.close();
  clearInterval(reread);
  clearTimeout(typing);
}

/** GET /api/sessions (where there are more than one answer holds, those that match the filter), then shows it. */
export async function loadSessionsList() {
  try {
    const query = partial ? filter.value.trim() : "";
    const { sessions: listed, count } = await readSessions(query);
    total = count;
    if (!query) partial = count > listed.length;
    displaySessionsList(listed);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showListProblem(problem.detail);
  }
}

/** Shows these sessions and no others: the current one highlighted, the most recently active first. */
export function displaySessionsList(listed) {
  showListProblem("");
  sessions.clear();
  for (const session of listed) sessions.set(session.user_id, session);
  for (const session of listed) describe(session);
  arrange();
}

/** Returns the names of the chats that the list shows, so narrowed as the filter is. */
export function shownNames() {
  return Array.from(list.querySelectorAll(".row:not([hidden], .is-gone)"), ({ dataset }) => dataset.userId);
}

/** Takes a row off that was cleared here, and gives its neighbour the focus it had. */
export function removeRow(userId) {
  const row = rows.get(userId);
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  const focused = row?.contains(document.activeElement);
  drop(userId);
  row?.remove();
  rows.delete(userId);
  arrange();
  if (focused) (neighbour?.querySelector(".row-open") ?? filter).focus();
}

export function showListProblem(sentence) {
  problemLine.textContent = sentence;
}

const frames = {
  sessions(frame) {
    total = frame.count;
    displaySessionsList(frame.sessions);
  },
  created: ({ session }) => update(session),
  updated: ({ session }) => update(session),
  removed({ user_id }) {
    drop(user_id);
    arrange();
  },
};

function update(session) {
  if (!sessions.has(session.user_id)) total += 1;
  sessions.set(session.user_id, session);
  describe(session);
  arrange();
}

function drop(userId) {
  if (sessions.delete(userId)) total -= 1;
}

function describe(session) {
  const { user_id } = session;
  if (!rows.has(user_id)) rows.set(user_id, newRow(user_id));
  showRow(rows.get(user_id), session, user_id === page.dataset.userId && !page.dataset.ended);
}

// While somebody is in the list, rows keep their places: what is new comes last, what is gone stays greyed.
function arrange() {
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
  countBadge.hidden = false;
  countBadge.textContent = total;
  countBadge.title = fill(ngettext("%(count)s chat", "%(count)s chats", total), { count: total });
  empty.hidden = list.querySelector(".row:not([hidden])") !== null;
  clearAllButton.hidden = shownNames().length === 0;
  empty.textContent = filter.value.trim() ? gettext("No chat matches.") : gettext("There is no chat yet.");
}

filter.addEventListener("input", () => {
  arrange();
  clearTimeout(typing);
  if (partial) typing = setTimeout(loadSessionsList, SETTLE_MS);
});
