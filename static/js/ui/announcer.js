/** Tells screen readers one sentence, politely: in the open dialog where there is one, in the page where not. */
export function announce(sentence) {
  const region = document.querySelector("dialog[open] [data-announcer]") ?? document.getElementById("announcer");
  region.textContent = "";
  // Emptied first and filled later, so that the same sentence twice is read twice.
  setTimeout(() => (region.textContent = sentence), 50);
}
