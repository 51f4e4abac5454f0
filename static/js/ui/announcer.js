/** Announces a sentence to screen readers (polite live region of the open dialog, else of the page). */
export function announce(sentence) {
  const region = document.querySelector("dialog[open] [data-announcer]") ?? document.getElementById("announcer");
  region.textContent = "";
  // Emptied first and filled later, so that a repeated sentence is announced again.
  setTimeout(() => (region.textContent = sentence), 50);
}
