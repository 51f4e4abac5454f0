/** The conversation as a file: the server's export, or the text of the page, which outlives the chat. */

import { page, urlOf } from "../ui/page.js";
import { transcriptText } from "./transcript.js";

/** Fetches the server's export in the format that the button names. */
export function downloadExport(button) {
  clickLink(`${urlOf("export", page.dataset.userId)}?format=${button.dataset.format}`, "");
}

/** Makes a text file from what the page shows: works when the server has forgotten it. */
export function downloadTranscript() {
  const file = new Blob([transcriptText()], { type: "text/plain;charset=utf-8" });
  const address = URL.createObjectURL(file);
  clickLink(address, `${page.dataset.userId || "nono"}.txt`);
  URL.revokeObjectURL(address);
}

function clickLink(href, download) {
  Object.assign(document.createElement("a"), { href, download }).click();
}
