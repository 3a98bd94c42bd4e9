import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Classifier } from "../../model/classifier.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../../model/package.ts";
import { scoreStudy } from "../../model/score-study.ts";
import type { ScoredSlice } from "../../model/score-study.ts";
import { StudyMaps, methodsFor } from "./study-maps.ts";

const data = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");
const folder = join(data, "rsna", "study");

describe("methodsFor", () => {
  it("puts the model's own first, once", () => {
    expect(methodsFor("layer-cam")[0]).toBe("layer-cam");
    expect(methodsFor("layer-cam")).toHaveLength(4);
    expect(methodsFor("brightness")).toHaveLength(5);
  });
});

describe.skipIf(!existsSync(folder))(`other maps of a real head CT (skipped without ${folder})`, () => {
  let classifier: Classifier;
  let slices: readonly ScoredSlice[];
  let maps: StudyMaps;
  const read: string[] = [];
  beforeAll(async () => {
    classifier = await Classifier.load(DEFAULT_MODEL_DIR, { threads: 1 });
    const sources = readdirSync(folder).map((name) => ({
      file: name,
      read: async () => readFileSync(join(folder, name)),
    }));
    slices = (await scoreStudy(sources, classifier)).slices;
    maps = new StudyMaps(await loadPackage(DEFAULT_MODEL_DIR), {
      threads: 1,
      openSlabs: () => classifier.openSlabs(),
      async read(name) {
        read.push(name);
        return readFileSync(join(folder, name));
      },
    });
  }, 120_000);
  afterAll(() => classifier.dispose());

  const request = (method: string, index: number) => {
    const of = (i: number) => ({
      sopInstanceUid: slices[i]?.sopInstanceUid ?? "",
      frame: slices[i]?.frame ?? 0,
    });
    const peak = slices.reduce(
      (best, { probability }, i) => (probability > (slices[best]?.probability ?? 0) ? i : best),
      0,
    );
    const objectKeys = slices.map(({ file }) => file);
    return { method, objectKeys, slice: of(index), peakSlice: of(peak) };
  };

  it("are by the model's own method the maps that came with the scores, in the same place", async () => {
    for (const index of [12, 20]) {
      const { saliency } = await maps.make(request("hires-cam", index));
      const own = slices[index]?.saliency;
      expect(saliency.region).toEqual(own?.region);
      expect(saliency.peak).toBeCloseTo(own?.peak ?? NaN, 2);
      expect([...saliency.values].map((value) => value.toFixed(2))).toEqual(
        [...(own?.values ?? [])].map((value) => value.toFixed(2)),
      );
    }
  });

  it("decode the study once for all methods, and say the peak where the model sees most", async () => {
    const before = read.length;
    const { peakSlicePeak } = await maps.make(request("layer-cam", 3));
    expect(peakSlicePeak).toBeGreaterThan(0);
    expect(read).toHaveLength(before);
    expect(before).toBe(slices.length);
  });

  it("are refused where there is no such method or slice", async () => {
    await expect(maps.make(request("score-cam", 3))).rejects.toThrow('no map by "score-cam"');
    const gone = { ...request("layer-cam", 3), slice: { sopInstanceUid: "1.2.3", frame: 1 } };
    await expect(maps.make(gone)).rejects.toThrow("can no longer be read");
  });
});
