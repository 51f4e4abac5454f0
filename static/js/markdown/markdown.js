/** Converts Markdown to elements. Raw HTML is shown as text, images become links. */

import { Marked } from "../../vendor/marked.js";
import { colourCode } from "./code_colours.js";
import { copyOf } from "../ui/page.js";
import { sanitiser } from "./sanitiser.js";

// Quotes and lists that are nested deeper are shown as plain text.
const TOO_DEEP = /^[ \t]*(?:(?:>[ \t]?){21}|(?:(?:[-+*]|\d{1,9}[.)])[ \t]+){11})/m;
const sanitised = sanitiser({
  ALLOWED_TAGS: "a b blockquote br code del em h4 hr li ol p pre strong table tbody td th thead tr ul".split(" "),
  ALLOWED_ATTR: ["align", "class", "href", "start", "title"],
  ADD_URI_SAFE_ATTR: ["align", "start"], // not addresses, so the rule for addresses does not apply
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
    // The page has headings above h4; the class shows the depth.
    heading({ tokens, depth }) {
      return `<h4 class="depth-${depth}">${this.parser.parseInline(tokens)}</h4>`;
    },
  },
});

/** Returns the blocks of a text, each with its source in `raw`; null if the text cannot be parsed. */
export function blocksOf(text) {
  try {
    return TOO_DEEP.test(text) ? null : marked.lexer(text);
  } catch {
    return null; // nested too deep for the parser
  }
}

/**
 * Returns the elements of these blocks, sanitised after rendering, or their plain text if that fails.
 * streaming: they will be drawn again soon, so their code is not highlighted.
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
 * Returns the elements of each of many texts. They are sanitised in one call, each inside a blockquote, because
 * sanitising is most of the work and most of its cost is per call.
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

/** Returns a paragraph with a text as it is. */
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
    return []; // one text fails; each is then converted alone
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

// A wide table scrolls by itself and can be focused to scroll it with the keyboard.
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
