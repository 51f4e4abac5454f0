/** Closes open Markdown marks at the end of a text that is still being written. */

const MARKS_ALONE = /(^|\n)[ \t]*[-=*_+#>|`~:. \t]+$/;
const MARKS_AT_END = /[*_~`[\\]+$/;
const OPEN_ADDRESS = /!?\[([^[\]\n]*)\]\([^()\s]*$/;
const OPEN_LINK = /!?\[([^[\]\n]*)$/;
const FENCE = /^[ \t]*(?:[-+*>][ \t]+|\d+[.)][ \t]+)*(?:`{3,}|~{3,})/gm;
const TOKENS = /\\[\s\S]|`+|\*\*|~~|[*_]/g;

/** Returns a block of Markdown with its open marks closed; the parser closes an open fence itself. */
export function closeOpenMarkdown(text) {
  if ((text.match(FENCE)?.length ?? 0) % 2 === 1) return text;
  const seen = text.replace(MARKS_ALONE, "$1").replace(OPEN_ADDRESS, "$1").replace(OPEN_LINK, "$1");
  const whole = seen.replace(MARKS_AT_END, "");
  return whole + closers(whole).join("");
}

function closers(text) {
  const open = [];
  const start = text.lastIndexOf("\n\n") + 1;
  for (const { 0: mark, index } of text.slice(start).matchAll(TOKENS)) {
    const inCode = open.at(-1)?.startsWith("`");
    if (mark[0] === "\\" || (inCode && mark !== open.at(-1))) continue;
    if (open.at(-1) === mark) open.pop();
    else if (opens(text.slice(start), mark, index)) open.push(mark);
  }
  return open.reverse();
}

// A mark before a space does not open emphasis; neither does one inside a word.
function opens(text, mark, index) {
  if (mark[0] === "`") return true;
  const after = text[index + mark.length];
  return after !== undefined && /\S/.test(after) && !/\w/.test(text[index - 1] ?? "");
}
