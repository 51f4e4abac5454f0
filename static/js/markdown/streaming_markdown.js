/** Markdown that is still being written: drawn at most once per frame, and only its last block drawn again. */

import { blocksOf, elementsOf, plain } from "./markdown.js";
import { closed } from "./close_open_markdown.js";

export class GrowingText {
  #element;
  #text = "";
  #settled = 0; // how much of the text stands in blocks that no further text changes
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
    const blocks = blocksOf(this.#text.slice(this.#settled));
    if (blocks === null) this.#redraw(plain(this.#text.slice(this.#settled)));
    else {
      const last = blocks.findLastIndex(({ type }) => type !== "space");
      for (const block of blocks.slice(0, Math.max(0, last))) this.#settle(block);
      this.#redraw(elementsOf(blocksOf(closed(this.#text.slice(this.#settled))) ?? [], { growing: true }));
    }
  }

  #settle(block) {
    this.#redraw(elementsOf([block]));
    this.#tail = [];
    this.#settled += block.raw.length;
  }

  #redraw(fragment) {
    const fresh = Array.from(fragment.childNodes);
    this.#element.append(fragment);
    for (const node of this.#tail) node.remove();
    this.#tail = fresh;
  }
}
