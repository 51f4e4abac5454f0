/** The only place that converts text to markup: DOMPurify has the page's only Trusted Types policy. */

import "../../vendor/dompurify.js";

/**
 * Returns a function from markup to elements; `allowed` (DOMPurify's settings) names what it does not remove.
 * The settings are one frozen object, because DOMPurify parses settings again for each object that is new to it.
 */
export function sanitiser(allowed) {
  const settings = Object.freeze({ ...allowed, RETURN_DOM_FRAGMENT: true });
  return (markup) => globalThis.DOMPurify.sanitize(markup, settings);
}
