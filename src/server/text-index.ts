/**
 * @file Texts that are searched all at once: joined by the hundred, so that a word is looked for in a few long strings and
 * not in a hundred thousand short ones.
 *
 * Each text has a slot. A text that changes takes its chunk apart; the next search joins that one again.
 */
import { hasWords } from "../triage/search.ts";

/** Texts in a chunk: joining them again takes some tens of microseconds. */
const CHUNK = 256;
/** Between texts. No word has one, so that none is found across two texts. */
const BETWEEN = "\n";

interface Chunk {
  readonly joined: string;
  /** Where each text begins in it, and last where the next would. */
  readonly starts: Uint32Array;
}

function chunkOf(texts: readonly string[]): Chunk {
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, i) => {
    starts[i + 1] = (starts[i] ?? 0) + text.length + BETWEEN.length;
  });
  return { joined: texts.join(BETWEEN), starts };
}

export class TextIndex {
  readonly #texts: string[] = [];
  /** null: to be joined again. */
  readonly #chunks: (Chunk | null)[] = [];
  readonly #free: number[] = [];

  /** @returns the text's slot */
  add(text: string): number {
    const slot = this.#free.pop() ?? this.#texts.length;
    this.#put(slot, text);
    return slot;
  }

  /** Another text in a slot. */
  replace(slot: number, text: string): void {
    if (this.#texts[slot] !== text) this.#put(slot, text);
  }

  /** The slot may be given to another text. */
  remove(slot: number): void {
    this.#put(slot, "");
    this.#free.push(slot);
  }

  /** Join what is not joined, so that the next search need not. */
  join(): void {
    this.#chunks.forEach((_, index) => this.#chunk(index));
  }

  /**
   * Which texts have all of the words.
   * @param words folded as the texts are, none of them empty
   * @returns one mark a slot: 1 where they have
   */
  find(words: readonly string[]): Uint8Array {
    const marks = new Uint8Array(this.#texts.length);
    // The longest is the rarest, as a rule: the others are asked of what it is found in.
    const [longest, ...others] = words.toSorted((a, b) => b.length - a.length);
    if (longest === undefined) return marks.fill(1);
    for (let index = 0; index < this.#chunks.length; index++) {
      const { joined, starts } = this.#chunk(index);
      let text = 0;
      for (let place = joined.indexOf(longest); place >= 0; place = joined.indexOf(longest, starts[text])) {
        while ((starts[text + 1] ?? Infinity) <= place) text++;
        const slot = index * CHUNK + text;
        if (hasWords(this.#texts[slot] ?? "", others)) marks[slot] = 1;
        text++;
      }
    }
    return marks;
  }

  #put(slot: number, text: string): void {
    this.#texts[slot] = text;
    this.#chunks[Math.floor(slot / CHUNK)] = null;
  }

  #chunk(index: number): Chunk {
    const kept = this.#chunks[index];
    if (kept) return kept;
    const chunk = chunkOf(this.#texts.slice(index * CHUNK, (index + 1) * CHUNK));
    this.#chunks[index] = chunk;
    return chunk;
  }
}
