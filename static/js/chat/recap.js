/** A recap of an ended chat as one message, so that a new chat can refer to it. */

import { fill, gettext, ngettext } from "../ui/i18n.js";

// Room in the message for the visitor's new text.
const RESERVED_CHARACTERS = 500;
// With less room than this, no recap is made.
const MIN_CHARACTERS = 100;
const length = (text) => Array.from(text).length;

/**
 * Returns a text of at most `limit` characters: the newest of `messages` (oldest first, {role, author, content}) that
 * fit, how many are left out, and the whole draft. Returns the draft alone if it leaves no room.
 */
export function recapOf(messages, draft, limit) {
  const head = gettext("Here is what we said in an earlier chat, which you no longer have:");
  const tail = gettext("(End of the earlier chat.)");
  let room =
    limit - RESERVED_CHARACTERS - length([head, leftOutSentence(messages.length), tail, draft].join("\n\n")) - 4;
  if (room < MIN_CHARACTERS) return draft;
  const parts = [];
  for (const { role, author, content } of messages.toReversed()) {
    const label = role === "user" ? gettext("I said:") : fill(gettext("%(name)s said:"), { name: author });
    const whole = `${label}\n${content.trim()}`;
    // The newest message is cut if it does not fit; the others are included whole or not at all.
    const part = parts.length === 0 ? cut(whole, room) : whole;
    room -= length(part) + 2;
    if (room < 0) break;
    parts.unshift(part);
  }
  const missing = messages.length - parts.length;
  return [head, missing ? leftOutSentence(missing) : "", ...parts, tail, draft].filter(Boolean).join("\n\n");
}

function leftOutSentence(count) {
  const words = ngettext(
    "(%(count)s earlier message is left out.)",
    "(%(count)s earlier messages are left out.)",
    count,
  );
  return fill(words, { count });
}

function cut(text, room) {
  const signs = Array.from(text);
  return signs.length + 2 <= room ? text : `${signs.slice(0, Math.max(0, room - 4)).join("")} …`;
}
