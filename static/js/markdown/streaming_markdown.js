/** Markdown that is still being written: drawn at most once per frame; only the last block is drawn again. */

import { blocksOf, elementsOf, plainText } from "./markdown.js";
import { closeOpenMarkdown } from "./close_open_markdown.js";

export class StreamingMarkdown {
  #element;
  #text = "";
  #finishedLength = 0; // length of the text in finished blocks
  #tail = [];
  #frame = 0;

  constructor(element) {
    this.#element = element;
    element.replaceChildren();
  }

  append(more) {
    this.#text += more;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Stops drawing. */
  end() {
    cancelAnimationFrame(this.#frame);
  }

  #draw() {
    this.#frame = 0;
    const blocks = blocksOf(this.#text.slice(this.#finishedLength));
    if (blocks === null) this.#redraw(plainText(this.#text.slice(this.#finishedLength)));
    else {
      const last = blocks.findLastIndex(({ type }) => type !== "space");
      for (const block of blocks.slice(0, Math.max(0, last))) this.#finishBlock(block);
      this.#redraw(
        elementsOf(blocksOf(closeOpenMarkdown(this.#text.slice(this.#finishedLength))) ?? [], { streaming: true }),
      );
    }
  }

  #finishBlock(block) {
    this.#redraw(elementsOf([block]));
    this.#tail = [];
    this.#finishedLength += block.raw.length;
  }

  #redraw(fragment) {
    const fresh = Array.from(fragment.childNodes);
    this.#element.append(fragment);
    for (const node of this.#tail) node.remove();
    this.#tail = fresh;
  }
}
