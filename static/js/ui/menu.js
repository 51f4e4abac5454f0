/** The "More" menu with the language form: a <details> that also closes on Escape and on a click outside. */

let menu;
let summary;

/** Looks up the elements and adds the listeners. */
export function init() {
  menu = document.getElementById("menu");
  summary = menu.querySelector("summary");
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target)) closeMenu();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    closeMenu();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) closeMenu();
  });
  // The form returns to the open chat, which may differ from the one in the loaded address.
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("[data-languages]")) target.elements.next.value = location.pathname;
  });
}

/** Closes the menu; a focus inside moves to its button, so that a dialog returns the focus there. */
export function closeMenu() {
  if (menu.open && menu.contains(document.activeElement)) summary.focus();
  menu.open = false;
}
