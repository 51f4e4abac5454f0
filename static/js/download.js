/** The conversation as a text file, made from what the page shows: works when the server has forgotten it. */

import { page } from "./page.js";
import { transcriptText } from "./chat.js";

export function downloadTranscript() {
  const file = new Blob([transcriptText()], { type: "text/plain;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${page.dataset.userId || "nono"}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}
