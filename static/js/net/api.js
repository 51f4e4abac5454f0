/** The REST calls of the page. Errors are thrown as a Problem with a sentence in `message`. */

import { gettext } from "../ui/i18n.js";
import { sentenceFor } from "./error_messages.js";
import { urlOf } from "../ui/page.js";

const TIMEOUT_MS = 15_000;

export class Problem extends Error {
  constructor({ code, detail, status = 0, retryAfter = 0 }) {
    super(detail);
    this.name = "Problem";
    Object.assign(this, { code, detail, status, retryAfter });
  }
}

/** POST /api/session/create. Without a persona the server uses its default. */
export function postSession(userId, persona) {
  return request("POST", urlOf("create"), { user_id: userId, persona, metadata: {} });
}

/** GET /api/sessions, at most one page of them. */
export function readSessions(query = "") {
  const search = query ? `?${new URLSearchParams({ q: query })}` : "";
  return request("GET", urlOf("sessions") + search);
}

/** GET /api/session/{user_id}/history. */
export function readHistory(userId) {
  return request("GET", urlOf("history", userId));
}

/** DELETE /api/session/{user_id}/clear; the answer has the token for the undo. */
export function deleteSession(userId) {
  return request("DELETE", urlOf("clear", userId));
}

/** POST /api/session/{user_id}/extend; answers with the session and its new expiry. */
export function postExtend(userId) {
  return request("POST", urlOf("extend", userId), {});
}

/** GET /api/session/{user_id}/held: the stored keys by kind, with sizes and expiry times. */
export function readHoldings(userId) {
  return request("GET", urlOf("held", userId));
}

/** POST /api/session/{user_id}/undo; without a token, the latest clear of that name. */
export function postUndo(userId, token) {
  return request("POST", urlOf("undo", userId), { undo: token });
}

async function request(method, url, body) {
  const options = { method, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), headers: {} };
  options.headers.Accept = "application/json";
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(url, options).catch(() => {
    throw new Problem({ code: "unreachable", detail: gettext("Nono cannot be reached just now.") });
  });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  const { code = "unreadable", detail } = answer ?? {};
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  throw new Problem({
    code,
    detail: sentenceFor(
      code,
      detail ?? gettext("Nono answered with something that this page cannot read."),
      retryAfter,
    ),
    status: response.status,
    retryAfter,
  });
}
