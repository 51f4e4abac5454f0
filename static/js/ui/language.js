/** The choice of language leads back to the chat that is open, which may not be the one the page was loaded for. */

/** Adds the listeners. */
export function init() {
  document.addEventListener("submit", ({ target }) => {
    if (target.matches("[data-languages]")) target.elements.next.value = location.pathname;
  });
}
