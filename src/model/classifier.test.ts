import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Slice } from "../domain/slice.ts";
import { Classifier, within } from "./classifier.ts";
import { rgbToTensor } from "./input-tensor.ts";
import { savePackage } from "./package.ts";
import { prepareSlices } from "./preprocess.ts";
import { TINY_SIZE, tinyPackage } from "./test-package.ts";

let dir: string;
let classifier: Classifier;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-classifier-"));
  await savePackage(join(dir, "tiny"), tinyPackage());
  classifier = await Classifier.load(join(dir, "tiny"), { threads: 1 });
});
afterAll(async () => {
  await classifier.dispose();
  await rm(dir, { recursive: true, force: true });
});

/** A picture whose brain window has one value, but for one bright cell. */
function picture(value: number, brightCell?: number): Uint8Array {
  const rgb = new Uint8Array(TINY_SIZE * TINY_SIZE * 3);
  for (let i = 0; i < TINY_SIZE * TINY_SIZE; i++) {
    const cell = 3 * Math.floor(i / TINY_SIZE / 32) + Math.floor((i % TINY_SIZE) / 32);
    rgb[3 * i] = cell === brightCell ? 255 : value;
  }
  return rgb;
}

/** A ball of brain in a shell of bone. */
function head(brainHu: number, positionMm: number): Slice {
  const side = 128;
  const hu = Int16Array.from({ length: side * side }, (_, i) => {
    const radius = Math.hypot(Math.floor(i / side) - 63.5, (i % side) - 63.5) * 1.8;
    return radius < 70 ? brainHu : radius < 80 ? 1200 : -1024;
  });
  const spacingMm = [1.8, 1.8] as const;
  return {
    sopInstanceUid: `1.${positionMm}`,
    frame: 1,
    rows: side,
    columns: side,
    hu,
    spacingMm,
    positionMm,
    thicknessMm: 5,
  };
}

describe("classifyRgb", () => {
  it("gives logits, probability and map of every picture, however many there are", async () => {
    const values = [0, 51, 102, 153, 204, 255, 51];
    const results = await classifier.classifyRgb(values.map((value) => picture(value)));
    results.forEach(({ logits, probability, probabilities, saliency }, i) => {
      const logit = 20 * ((values[i] ?? 0) / 255 - 0.5);
      expect(logits[1]).toBeCloseTo(logit, 3);
      expect(probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 4);
      expect(probabilities[0]).toBeCloseTo(1 - probability, 12);
      expect(saliency.peak).toBeCloseTo((values[i] ?? 0) / 255, 4);
    });
    expect([...(results[0]?.saliency.values ?? [])]).toEqual(new Array(9).fill(0));
  });

  it("scales the map by its peak and says where it lies", async () => {
    const [result] = await classifier.classifyRgb([picture(51, 5)]);
    const { values, peak, region, rows, columns } = result?.saliency ?? {};
    expect([rows, columns]).toEqual([3, 3]);
    expect(peak).toBeCloseTo(1, 5);
    expect(values?.[5]).toBe(1);
    expect(values?.[0]).toBeCloseTo(0.2, 5);
    expect(region).toEqual({ top: 0, left: 0, rows: 1, columns: 1 });
  });

  it("refuses a picture of another size", async () => {
    await expect(classifier.classifyRgb([new Uint8Array(12)])).rejects.toThrow(
      "expected 96 x 96 x 3 bytes, got 12",
    );
  });
});

describe("classifySlices", () => {
  it("gives one result a slice, with the map in the slice's pixels", async () => {
    const slices = [head(30, 0), head(75, 5), head(30, 10)];
    const progress: number[] = [];
    const results = await classifier.classifySlices(slices, { onProgress: (done) => progress.push(done) });
    expect(results).toHaveLength(3);
    const [prepared] = prepareSlices([head(30, 0)], classifier.spec.preprocess);
    expect(results[0]?.saliency.region).toEqual(prepared?.region);
    expect(progress).toEqual([3]);
  });

  it("shares a result among the thin slices of a slab", async () => {
    const thin = Array.from({ length: 8 }, (_, i) => ({ ...head(30, i * 0.625), thicknessMm: 0.625 }));
    const results = await classifier.classifySlices(thin);
    expect(new Set(results.map(({ logits }) => logits[1])).size).toBe(1);
    expect(results).toHaveLength(8);
  });

  it("finds nothing where there is no brain", async () => {
    const air = { ...head(0, 0), hu: new Int16Array(128 * 128).fill(-1024) };
    const [result] = await classifier.classifySlices([air]);
    expect(result?.probability).toBe(0);
    expect(result?.probabilities).toEqual([1, 0]);
    expect(result?.saliency.peak).toBe(0);
  });

  it("stops when asked to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(classifier.classifySlices([head(30, 0)], { signal })).rejects.toThrow("enough");
  });
});

describe("parts of it", () => {
  it("puts channels first and normalises each by its own numbers", () => {
    const tensor = rgbToTensor([Uint8Array.of(0, 100, 200)], 1, { mean: [10, 20, 30], std: [1, 2, 10] });
    expect(tensor.shape).toEqual([1, 3, 1, 1]);
    expect([...tensor.data]).toEqual([-10, 40, 17]);
  });

  it("places a fraction within a region", () => {
    const outer = { top: 10, left: 20, rows: 100, columns: 200 };
    expect(within(outer, { top: 0.25, left: -0.5, rows: 0.5, columns: 1 })).toEqual({
      top: 35,
      left: -80,
      rows: 50,
      columns: 200,
    });
  });
});
