/** Answers as they are meant: Markdown becomes elements. Raw HTML stays text, images become links. */

import { Marked } from "../../vendor/marked.js";
import { colourCode } from "./code_colours.js";
import { copyOf } from "../ui/page.js";
import { sanitiser } from "./sanitiser.js";

// Deeper quotes and lists than people write are shown as they stand.
const TOO_DEEP = /^[ \t]*(?:(?:>[ \t]?){21}|(?:(?:[-+*]|\d{1,9}[.)])[ \t]+){11})/m;
const sanitised = sanitiser({
  ALLOWED_TAGS: "a b blockquote br code del em h4 hr li ol p pre strong table tbody td th thead tr ul".split(" "),
  ALLOWED_ATTR: ["align", "class", "href", "start", "title"],
  ADD_URI_SAFE_ATTR: ["align", "start"], // which hold no address, so the rule for addresses is not theirs
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
});
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text, block }) => (block ? `<p>${escaped(text.trim()).replaceAll("\n", "<br>")}</p>` : escaped(text)),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    // The page has headings of its own above; how deep an answer's are says their look.
    heading({ tokens, depth }) {
      return `<h4 class="depth-${depth}">${this.parser.parseInline(tokens)}</h4>`;
    },
  },
});

/** Returns the blocks of a text, each with its source in `raw`; null where it is better shown as it stands. */
export function blocksOf(text) {
  try {
    return TOO_DEEP.test(text) ? null : marked.lexer(text);
  } catch {
    return null; // nested beyond what the parser bears
  }
}

/**
 * Returns the elements of these blocks, sanitised after rendering; where that fails, their text as it stands.
 * `growing`: they are drawn again in a moment, so their code is not coloured yet.
 */
export function elementsOf(blocks, { streaming = false } = {}) {
  try {
    return decorate(sanitised(marked.parser(blocks)), streaming);
  } catch {
    return plainText(blocks.map(({ raw }) => raw).join(""));
  }
}

/** Returns the elements of a finished text. */
export function elementsOfText(text) {
  const blocks = blocksOf(text);
  return blocks ? elementsOf(blocks) : plainText(text);
}

/**
 * Returns the elements of each of many texts. They are sanitised in one go, each in a quote of its own, since sanitising
 * is most of the work, and most of that is the same for a word as for a page.
 */
export function elementsOfTexts(texts) {
  const quotes = quotesOf(texts);
  if (quotes.length !== texts.length) return texts.map(elementsOfText);
  return quotes.map((quote, at) => {
    if (!quote.hasChildNodes()) return elementsOfText(texts[at]);
    const fragment = document.createDocumentFragment();
    fragment.append(...quote.childNodes);
    return decorate(fragment, false);
  });
}

/** Returns a text as it stands. */
export function plainText(text) {
  const fragment = document.createDocumentFragment();
  const paragraph = document.createElement("p");
  paragraph.className = "as-it-stands";
  paragraph.textContent = text;
  fragment.append(paragraph);
  return fragment;
}

function quotesOf(texts) {
  try {
    return [...sanitised(texts.map((text) => `<blockquote>${markupOf(text)}</blockquote>`).join("")).children];
  } catch {
    return []; // one of them fails, and by itself fails alone
  }
}

function markupOf(text) {
  try {
    return marked.parser(blocksOf(text) ?? []);
  } catch {
    return "";
  }
}

function decorate(fragment, streaming) {
  fragment.querySelectorAll("a").forEach(prepareLink);
  fragment.querySelectorAll("table").forEach(wrapTable);
  for (const item of fragment.querySelectorAll("li")) item.classList.toggle("task", /^\s*[☑☐] /.test(item.textContent));
  for (const pre of fragment.querySelectorAll("pre")) wrapCode(pre, streaming);
  return fragment;
}

function prepareLink(link) {
  if (link.hasAttribute("href")) Object.assign(link, { target: "_blank", rel: "noopener noreferrer nofollow" });
  else link.replaceWith(...link.childNodes);
}

// What is wider than the column scrolls by itself, and can be reached by keyboard to do so.
function wrapTable(table) {
  const room = copyOf("wide-table");
  table.replaceWith(room);
  room.append(table);
}

function wrapCode(pre, streaming) {
  const word = /language-(\S+)/.exec(pre.querySelector("code")?.className ?? "")?.[1] ?? "";
  const block = copyOf("code-block");
  const code = block.querySelector("code");
  block.querySelector(".code-language").textContent = word;
  code.textContent = pre.textContent.replace(/\n$/, "");
  if (!streaming) colourCode(code, word);
  pre.replaceWith(block);
}
