import { describe, expect, it } from "vitest";

import { DEFAULT_GROUP, groupOf } from "./image-folder.ts";
import { seededRandom } from "./random.ts";
import { balancedWeights, groupFolds, validationSplit } from "./split.ts";

describe("splits", () => {
  it("folds keep every patient on one side and hold each out once", () => {
    const groups = [..."aaabbcddddeef"];
    const splits = groupFolds(groups, 3, seededRandom(1));
    expect(splits.flatMap(({ held }) => held).toSorted((a, b) => a - b)).toEqual(groups.map((_, i) => i));
    for (const { train: rest, held } of splits) {
      const inTraining = new Set(rest.map((i) => groups[i]));
      expect(held.some((i) => inTraining.has(groups[i]))).toBe(false);
      expect(rest.length + held.length).toBe(groups.length);
    }
  });

  it("a validation split holds whole patients out, about as many pictures as asked for", () => {
    const groups = Array.from({ length: 100 }, (_, i) => `patient ${Math.floor(i / 4)}`);
    const same = groups.map(() => 0);
    for (const seed of [1, 2, 3]) {
      const held = validationSplit(groups, same, 0.2, seededRandom(seed));
      expect(held).toHaveLength(20);
      const names = new Set(held.map((i) => groups[i]));
      expect(groups.filter((group) => names.has(group))).toHaveLength(20);
    }
    expect(validationSplit(groups, same, 0, seededRandom(1))).toEqual([]);
    expect(validationSplit(["a", "b"], [0, 0], 0.9, seededRandom(1))).toHaveLength(1);
  });

  it("a validation split has every class on both sides where patients have one class each", () => {
    const groups = [..."abcdefgh"];
    const classIndex = [0, 0, 0, 0, 0, 0, 1, 1];
    for (const seed of [1, 2, 3, 4, 5]) {
      const held = validationSplit(groups, classIndex, 0.25, seededRandom(seed)).map((i) => classIndex[i]);
      expect(held.filter((c) => c === 1)).toHaveLength(1);
      expect(held.filter((c) => c === 0).length).toBeGreaterThan(0);
    }
    expect(() => validationSplit(["a", "a"], [0, 1], 0.2, seededRandom(1))).toThrow("there are 1 in all");
  });

  it("balanced weights make classes count the same", () => {
    expect(balancedWeights([0, 0, 0, 1], 2)).toEqual([2 / 3, 2 / 3, 2 / 3, 2]);
    // Of the first two alone, the classes are alike.
    expect(balancedWeights([0, 1, 1, 1], 2, [0, 1])).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ["/a/0002_01.png", DEFAULT_GROUP, "0002"],
    ["ID_x_12.jpg", DEFAULT_GROUP, "ID_x"],
    ["single.png", DEFAULT_GROUP, "single"],
    ["study7-slice3.png", /^study\d+/, "study7"],
    ["study7-slice3.png", /^study(\d+)/, "7"],
  ])("the patient of %s by %s is %s", (file, pattern, group) => {
    expect(groupOf(file, pattern)).toBe(group);
  });
});
