/** The colour scheme: light, dark, or the system's. */

import { saveTheme, savedTheme } from "./storage.js";

let bars;

/** Looks up the elements and shows the saved choice. */
export function init() {
  // Colours of the browser's toolbar: light first, then dark, in the order of the page.
  bars = Array.from(document.querySelectorAll("meta[name=theme-color]"));
  for (const bar of bars) bar.dataset.colour = bar.content;
  showTheme(savedTheme());
}

/** Applies and saves the choice of a [data-theme-choice] button. */
export function chooseTheme(button) {
  saveTheme(button.dataset.themeChoice);
  showTheme(button.dataset.themeChoice);
}

/** Applies "light", "dark" or "system" without saving it. */
export function showTheme(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const bar of bars) bar.content = (choice === "system" ? bar : bars[choice === "dark" ? 1 : 0]).dataset.colour;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}
