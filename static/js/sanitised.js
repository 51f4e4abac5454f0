/** The one place where text becomes markup: through DOMPurify, which has the page's only Trusted Types policy. */

import "../vendor/dompurify.js";

/** Returns the elements of a text, without anything that `allowed` (DOMPurify's settings) does not name. */
export function sanitised(markup, allowed) {
  return globalThis.DOMPurify.sanitize(markup, { ...allowed, RETURN_DOM_FRAGMENT: true });
}
