import { describe, expect, it } from "vitest";

import { Random } from "../phantom/random.ts";
import { hasWords } from "../triage/search.ts";
import { TextIndex } from "./text-index.ts";

const NAMES = ["meier anna", "müller", "silva", "o'neil", "ng", "王", "stroke\nhead", "a50017", "a5001"];

/** What an index says, beside looking into every text. */
function compare(texts: ReadonlyMap<number, string>, index: TextIndex, words: readonly string[]): void {
  const marks = index.find(words);
  for (const [slot, text] of texts)
    expect(marks[slot], `${words.join("+")} in ${text}`).toBe(Number(hasWords(text, words)));
}

describe("TextIndex", () => {
  it("finds what a plain search finds, over random changes", () => {
    const random = new Random(8);
    const index = new TextIndex();
    const texts = new Map<number, string>();
    const text = (): string =>
      `${random.pick(["meier", ...NAMES])} p${random.integer(1, 400)}\n${random.pick(["head", ...NAMES])}`;
    for (let i = 0; i < 700; i++) {
      const kept = text();
      texts.set(index.add(kept), kept);
    }
    for (let round = 0; round < 30; round++) {
      for (let change = 0; change < 20; change++) {
        const slot = [...texts.keys()][random.integer(0, texts.size - 1)] ?? 0;
        if (random.chance(0.3)) {
          index.remove(slot);
          texts.delete(slot);
        } else {
          const other = text();
          index.replace(slot, other);
          texts.set(slot, other);
        }
        if (random.chance(0.4)) {
          const added = text();
          texts.set(index.add(added), added);
        }
      }
      for (const words of [
        ["meier"],
        ["p1"],
        ["p1", "head"],
        ["a5001", "meier"],
        ["王"],
        ["e"],
        ["no such"],
        [],
      ])
        compare(texts, index, words);
    }
  });

  it("finds no word across two texts, and none in a slot that was given back", () => {
    const index = new TextIndex();
    const [one, other] = [index.add("anna"), index.add("meier")];
    expect(index.find(["annameier"])).toEqual(new Uint8Array(2));
    index.remove(one);
    expect([...index.find(["anna"])]).toEqual([0, 0]);
    expect(index.add("zoe")).toBe(one);
    expect([index.find(["zoe"])[one], index.find(["meier"])[other]]).toEqual([1, 1]);
  });
});
