/** The one place where text becomes markup: through DOMPurify, which has the page's only Trusted Types policy. */

import "../../vendor/dompurify.js";

/**
 * Returns a function from a text to its elements, without anything that `allowed` (DOMPurify's settings) does not name.
 * The settings stay one object, since DOMPurify reads those anew that it does not know: for every message of a history.
 */
export function sanitiser(allowed) {
  const settings = Object.freeze({ ...allowed, RETURN_DOM_FRAGMENT: true });
  return (markup) => globalThis.DOMPurify.sanitize(markup, settings);
}
