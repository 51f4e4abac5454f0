/** Light, dark, or as the system says. */

import { saveTheme, savedTheme } from "./storage.js";

let bars;

/** Looks up the elements and shows the saved choice. */
export function init() {
  // The browser's own bar: its colour for light first, then for dark, as the page has them.
  bars = Array.from(document.querySelectorAll("meta[name=theme-color]"));
  for (const bar of bars) bar.dataset.colour = bar.content;
  showTheme(savedTheme());
}

/** Applies and keeps the choice on a [data-theme-choice] button. */
export function chooseTheme(button) {
  saveTheme(button.dataset.themeChoice);
  showTheme(button.dataset.themeChoice);
}

/** Shows the page as "light", "dark" or as the "system" says, without keeping that. */
export function showTheme(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const bar of bars) bar.content = (choice === "system" ? bar : bars[choice === "dark" ? 1 : 0]).dataset.colour;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}
