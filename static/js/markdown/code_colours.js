/** Colours in code. The highlighter and each grammar are fetched when the first block of that language appears. */

import { fetchGrammar, languageOf } from "./code_languages.js";
import { sanitiser } from "./sanitiser.js";

// Longer code stays plain: colouring must never be felt.
const LONGEST = 20_000;
const sanitised = sanitiser({ ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"] });
let highlighter = null;

/**
 * Colours a <code> element by the word of its fence: at once where the grammar is here, so that nothing
 * flickers when a finished answer is drawn again, and else as soon as it is.
 */
export async function colourCode(code, word) {
  const language = languageOf(word);
  if (!language || code.textContent.length > LONGEST) return;
  if (!highlighter?.getLanguage(language) && !(await loadLanguage(language))) return;
  const { value } = highlighter.highlight(code.textContent, { language });
  code.replaceChildren(sanitised(value));
}

// Without a connection code stays plain; the next block tries again.
async function loadLanguage(language) {
  try {
    const [core, grammar] = await Promise.all([import("../../vendor/highlight/core.js"), fetchGrammar(language)]);
    highlighter = core.default;
    highlighter.registerLanguage(language, grammar.default);
    return true;
  } catch {
    return false;
  }
}
