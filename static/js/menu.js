/** The "More" menu: a <details> that also closes on Escape and on a press elsewhere. */

const menu = document.getElementById("menu");

export function closeMenu() {
  menu.open = false;
}

document.addEventListener("pointerdown", (event) => {
  if (!menu.contains(event.target)) closeMenu();
});

menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  closeMenu();
  menu.querySelector("summary").focus();
});

menu.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) closeMenu();
});
