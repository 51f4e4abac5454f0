/** The safety plan: kept in this browser, never sent. */

import { gettext } from "../ui/i18n.js";
import { keepPlan, plan } from "../ui/storage.js";

const form = document.getElementById("safety-plan");
const state = form.querySelector(".plan-state");

/** Deletes what was written. */
export function forgetPlan() {
  form.reset();
  keepPlan({});
  state.textContent = gettext("The plan is deleted.");
  form.elements[0].focus();
}

form.addEventListener("input", () => {
  const kept = keepPlan(Object.fromEntries(new FormData(form)));
  state.textContent = kept ? gettext("Kept in this browser.") : gettext("This browser does not let us keep it.");
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const [name, text] of Object.entries(plan())) {
  if (form.elements[name]) form.elements[name].value = text;
}
