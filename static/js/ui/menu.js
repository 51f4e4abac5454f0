/** The "More" menu: a <details> that also closes on Escape and on a press elsewhere. */

const menu = document.getElementById("menu");
const summary = menu.querySelector("summary");

/** Closes it; where its focus was inside, that goes to its button, so that a dialog opened from it returns there. */
export function closeMenu() {
  if (menu.open && menu.contains(document.activeElement)) summary.focus();
  menu.open = false;
}

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
