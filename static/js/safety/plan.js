/** The safety plan: stored in this browser only, never sent. */

import { gettext } from "../ui/i18n.js";
import { savePlan, savedPlan } from "../ui/storage.js";

let form;
let state;

/** Looks up the elements and adds the listeners. */
export function init() {
  form = document.getElementById("safety-plan");
  state = form.querySelector(".plan-state");
  form.addEventListener("input", () => {
    const kept = savePlan(Object.fromEntries(new FormData(form)));
    state.textContent = kept ? gettext("Kept in this browser.") : gettext("This browser does not let us keep it.");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const [name, text] of Object.entries(savedPlan())) {
    if (form.elements[name]) form.elements[name].value = text;
  }
}

/** Deletes the plan. */
export function deletePlan() {
  form.reset();
  savePlan({});
  state.textContent = gettext("The plan is deleted.");
  form.elements[0].focus();
}
