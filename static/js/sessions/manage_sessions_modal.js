/** The dialog with the list of chats: arrow keys, Home and End move, Enter opens, Delete clears. */

import { clearSession } from "./clear_session.js";
import { startSessionsList, stopSessionsList, loadSessionsList, removeRow, showListProblem } from "./sessions_list.js";
import { focusComposer } from "../chat/composer.js";
import { page } from "../ui/page.js";
import { Problem } from "../net/api.js";
import { switchSession } from "./sessions.js";

let modal;
let list;
let filter;

/** Looks up the elements and adds the listeners. */
export function init() {
  modal = document.getElementById("manage-sessions-modal");
  list = document.getElementById("sessions-list");
  filter = document.getElementById("sessions-filter");
  list.addEventListener("keydown", (event) => {
    if (event.key === "Delete" && event.target.matches(".row-open")) clearListedSession(event.target);
    else move(event);
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(event);
  });
  modal.addEventListener("close", stopSessionsList);
}

export function openManageSessionsModal() {
  modal.showModal();
  filter.focus();
  startSessionsList();
}

export function closeManageSessionsModal() {
  modal.close();
}

/** Opens the chat of a row; an error is shown in the list, which stays open. */
export async function openListedSession(button) {
  const { userId } = button.closest(".row").dataset;
  try {
    if (page.dataset.ended || userId !== page.dataset.userId) await switchSession(userId);
    closeManageSessionsModal();
    focusComposer();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showListProblem(problem.detail);
    loadSessionsList();
  }
}

/** Clears the chat of a row. */
export async function clearListedSession(button) {
  const { userId } = button.closest(".row").dataset;
  if (await clearSession(userId)) removeRow(userId);
}

function move(event) {
  const rows = Array.from(list.querySelectorAll(".row:not([hidden]) .row-open"));
  const here = rows.indexOf(document.activeElement);
  const target = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (target === undefined || rows.length === 0) return;
  event.preventDefault();
  if (target < 0) filter.focus();
  else rows[Math.min(target, rows.length - 1)].focus();
}
