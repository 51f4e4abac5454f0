/** Copies a message (as Markdown) or a code block; works on http:// addresses too. */

import { announce } from "../ui/announcer.js";
import { gettext } from "../ui/i18n.js";
import { showToast } from "../ui/toast.js";
import { sourceOf } from "./transcript.js";

const SHOWN_MS = 2_000;

export const copyMessage = (button) => copy(sourceOf(button.closest(".message")), button);

export const copyCode = (button) => copy(button.closest(".code").querySelector("code").textContent, button);

async function copy(text, button) {
  const copied = navigator.clipboard ? await copyByClipboard(text) : copyBySelection(text);
  if (!copied) {
    showToast(gettext("This browser did not let the page copy."));
    return;
  }
  announce(gettext("Copied"));
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, SHOWN_MS);
}

async function copyByClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Browsers offer navigator.clipboard on https only.
function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  field.readOnly = true;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}
