/** Sentences: Django's JavaScript catalogue where the page loads one, the English text itself where not. */

export function gettext(sentence) {
  return globalThis.django?.gettext?.(sentence) ?? sentence;
}

export function ngettext(one, many, count) {
  return globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Puts values into a sentence's `%(name)s` places. */
export function fill(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (place, name) => String(values[name] ?? place));
}
