/** Syntax highlighting. The highlighter and each grammar are fetched for the first block of that language. */

import { sanitiser } from "./sanitiser.js";

// Longer code stays plain, because highlighting it would be noticeably slow.
const MAX_LENGTH = 20_000;
const sanitised = sanitiser({ ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"] });
let highlighter = null;

const ALIASES = {
  "c#": "csharp",
  "c++": "cpp",
  cc: "cpp",
  cs: "csharp",
  console: "shell",
  docker: "dockerfile",
  golang: "go",
  h: "c",
  hpp: "cpp",
  htm: "xml",
  html: "xml",
  js: "javascript",
  json5: "json",
  jsonc: "json",
  jsx: "javascript",
  kt: "kotlin",
  make: "makefile",
  md: "markdown",
  mjs: "javascript",
  patch: "diff",
  postgresql: "sql",
  ps1: "powershell",
  pwsh: "powershell",
  py: "python",
  python3: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  svg: "xml",
  toml: "ini",
  ts: "typescript",
  tsx: "typescript",
  yml: "yaml",
  zsh: "bash",
};

// Written out one by one, because collectstatic replaces each path by its hashed name.
const GRAMMARS = {
  bash: () => import("../../vendor/highlight/bash.js"),
  c: () => import("../../vendor/highlight/c.js"),
  cpp: () => import("../../vendor/highlight/cpp.js"),
  csharp: () => import("../../vendor/highlight/csharp.js"),
  css: () => import("../../vendor/highlight/css.js"),
  diff: () => import("../../vendor/highlight/diff.js"),
  dockerfile: () => import("../../vendor/highlight/dockerfile.js"),
  go: () => import("../../vendor/highlight/go.js"),
  ini: () => import("../../vendor/highlight/ini.js"),
  java: () => import("../../vendor/highlight/java.js"),
  javascript: () => import("../../vendor/highlight/javascript.js"),
  json: () => import("../../vendor/highlight/json.js"),
  kotlin: () => import("../../vendor/highlight/kotlin.js"),
  lua: () => import("../../vendor/highlight/lua.js"),
  makefile: () => import("../../vendor/highlight/makefile.js"),
  markdown: () => import("../../vendor/highlight/markdown.js"),
  nginx: () => import("../../vendor/highlight/nginx.js"),
  php: () => import("../../vendor/highlight/php.js"),
  powershell: () => import("../../vendor/highlight/powershell.js"),
  python: () => import("../../vendor/highlight/python.js"),
  r: () => import("../../vendor/highlight/r.js"),
  ruby: () => import("../../vendor/highlight/ruby.js"),
  rust: () => import("../../vendor/highlight/rust.js"),
  shell: () => import("../../vendor/highlight/shell.js"),
  sql: () => import("../../vendor/highlight/sql.js"),
  swift: () => import("../../vendor/highlight/swift.js"),
  typescript: () => import("../../vendor/highlight/typescript.js"),
  xml: () => import("../../vendor/highlight/xml.js"),
  yaml: () => import("../../vendor/highlight/yaml.js"),
};

/**
 * Highlights a <code> element by the language word of its fence: synchronously if the grammar is loaded, so that a
 * finished reply does not flicker when it is drawn again, else after loading it.
 */
export async function colourCode(code, word) {
  const language = languageOf(word);
  if (!language || code.textContent.length > MAX_LENGTH) return;
  if (!highlighter?.getLanguage(language) && !(await loadLanguage(language))) return;
  const { value } = highlighter.highlight(code.textContent, { language });
  code.replaceChildren(sanitised(value));
}

// If loading fails, the code stays plain; the next block tries again.
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

// Returns the language for the word of a fence, "" if there is no grammar.
function languageOf(word) {
  const name = word.toLowerCase();
  const language = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return Object.hasOwn(GRAMMARS, language) ? language : "";
}

const fetchGrammar = (language) => GRAMMARS[language]();
