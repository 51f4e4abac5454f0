/** Downloads: the server's export, or the page's text, which is available after the chat has ended. */

import { page, urlOf } from "../ui/page.js";
import { transcriptText } from "./transcript.js";

/** Downloads the server's export in the format that the button names. */
export function downloadExport(button) {
  clickLink(`${urlOf("export", page.dataset.userId)}?format=${button.dataset.format}`, "");
}

/** Downloads what the page shows as a text file; works after the server has deleted the chat. */
export function downloadTranscript() {
  const file = new Blob([transcriptText()], { type: "text/plain;charset=utf-8" });
  const address = URL.createObjectURL(file);
  clickLink(address, `${page.dataset.userId || "nono"}.txt`);
  URL.revokeObjectURL(address);
}

function clickLink(href, download) {
  Object.assign(document.createElement("a"), { href, download }).click();
}
