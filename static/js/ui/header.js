/** The header and the title: name, persona and expiry of the open chat. */

import { hideClock, showClock } from "./clock.js";
import { page } from "./page.js";
import { personaOf } from "./personas.js";

let name;
let persona;

/** Looks up the elements. */
export function init() {
  name = document.getElementById("user-id");
  persona = document.getElementById("persona");
}

/** Shows a session; the clock is hidden until `expires_at` is known. */
export function showSession({ user_id, persona: key, expires_at }) {
  name.textContent = user_id;
  name.title = user_id;
  document.title = `${user_id} · Nono`;
  page.dataset.userId = user_id;
  showPersona(key);
  if (expires_at) showClock(expires_at);
  else hideClock();
}

function showPersona(key) {
  if (page.dataset.persona === key) return;
  persona.hidden = !key;
  if (!key) {
    delete page.dataset.persona;
    return;
  }
  const who = personaOf(key);
  page.dataset.persona = key;
  page.style.setProperty("--persona", who.colour);
  persona.querySelector(".persona-name").textContent = who.name;
  persona.querySelector(".persona-avatar").replaceChildren(who.avatar());
}
