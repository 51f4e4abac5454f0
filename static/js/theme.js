/** Light, dark, or as the system says. */

import { keepTheme, theme } from "./keep.js";

/** Applies and keeps the choice on a [data-theme-choice] button. */
export function chooseTheme(button) {
  keepTheme(button.dataset.themeChoice);
  showTheme(button.dataset.themeChoice);
}

function showTheme(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

showTheme(theme());
