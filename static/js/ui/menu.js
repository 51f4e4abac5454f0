/** The "More" menu: a <details> that also closes on Escape and on a press elsewhere. */

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
}

/** Closes it; where its focus was inside, that goes to its button, so that a dialog opened from it returns there. */
export function closeMenu() {
  if (menu.open && menu.contains(document.activeElement)) summary.focus();
  menu.open = false;
}
