/** Translations: Django's JavaScript catalogue if the page has loaded one, else the English text. */

export function gettext(sentence) {
  return globalThis.django?.gettext?.(sentence) ?? sentence;
}

export function ngettext(one, many, count) {
  return globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Replaces the `%(name)s` placeholders of a sentence. */
export function fill(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (place, name) => String(values[name] ?? place));
}
