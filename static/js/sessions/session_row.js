/** One row of the sessions list. */

import { copyOf } from "../ui/page.js";
import { fill, gettext, ngettext } from "../ui/i18n.js";
import { personaOf } from "../ui/personas.js";
import { setClock } from "../ui/clock.js";
import { showTime } from "../ui/times.js";

export function newRow(userId) {
  const row = copyOf("session-row");
  row.dataset.userId = userId;
  row.querySelector(".row-name").textContent = userId;
  row.querySelector(".row-clear").setAttribute("aria-label", fill(gettext("Clear “%(name)s”"), { name: userId }));
  return row;
}

/** Updates a row. */
export function showRow(row, session, current) {
  const persona = personaOf(session.persona);
  const open = row.querySelector(".row-open");
  row.classList.toggle("is-current", current);
  if (current) open.setAttribute("aria-current", "true");
  else open.removeAttribute("aria-current");
  row.querySelector(".row-here").hidden = !current;
  if (row.dataset.persona !== session.persona) {
    row.dataset.persona = session.persona;
    row.querySelector(".row-avatar").replaceChildren(persona.avatar());
    row.querySelector(".row-persona").textContent = persona.name;
  }
  const count = session.message_count;
  const messages = ngettext("%(count)s message", "%(count)s messages", count);
  row.querySelector(".row-messages").textContent = fill(messages, { count });
  showTime(row.querySelector(".row-created"), session.created_at);
  showTime(row.querySelector(".row-active"), session.last_activity);
  setClock(row.querySelector(".row-clock time"), session.expires_at);
}
