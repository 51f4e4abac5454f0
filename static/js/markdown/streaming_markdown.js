/** Markdown that is still being written: drawn at most once per frame, and only its last block drawn again. */

import { blocksOf, elementsOf, plainText } from "./markdown.js";
import { closeOpenMarkdown } from "./close_open_markdown.js";

export class StreamingMarkdown {
  #element;
  #text = "";
  #finishedLength = 0; // how much of the text stands in blocks that no further text changes
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

  /** Draws no more: the finished text takes its place. */
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
