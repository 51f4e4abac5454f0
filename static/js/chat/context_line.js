/** The line that separates the messages sent to the model from the older ones. */

import { copyOf } from "../ui/page.js";

let list;
let line;

/** Looks up the elements. */
export function init() {
  list = document.getElementById("transcript");
  line = copyOf("context-line");
}

/** Draws the line before the message with that seq, the first one in the context, if older ones are above it. */
export function drawContextLine(contextFrom) {
  line.remove();
  const first = contextFrom > 1 && list.querySelector(`[data-seq="${Number(contextFrom)}"]`);
  if (!first || first === list.firstElementChild) return;
  line.dataset.order = first.dataset.order;
  first.before(line);
}

/** Draws the line for the newest reply among these messages. */
export function drawContextLineOf(messages) {
  drawContextLine(messages.findLast(({ role }) => role === "assistant")?.metadata?.context_from ?? 0);
}
