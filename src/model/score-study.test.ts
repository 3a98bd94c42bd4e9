import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { decodeSlices } from "../dicom/decode.ts";
import { Classifier } from "./classifier.ts";
import { savePackage } from "./package.ts";
import { scoreStudy } from "./score-study.ts";
import type { InstanceSource } from "./score-study.ts";
import { tinyPackage } from "./test-package.ts";

const data = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "../../../shared/data");

let dir: string;
let classifier: Classifier;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-score-"));
  await savePackage(join(dir, "tiny"), tinyPackage());
  classifier = await Classifier.load(join(dir, "tiny"), { threads: 1 });
});
afterAll(async () => {
  await classifier.dispose();
  await rm(dir, { recursive: true, force: true });
});

const source = (file: string, bytes: Uint8Array): InstanceSource => ({ file, read: async () => bytes });

function sourcesOf(folder: string): InstanceSource[] {
  const path = join(data, folder);
  return readdirSync(path)
    .sort()
    .map((file) => source(file, readFileSync(join(path, file))));
}

describe("scoreStudy", () => {
  it("says why nothing could be read", async () => {
    const scored = await scoreStudy(
      [source("a.txt", Buffer.from("hello")), source("b", new Uint8Array())],
      classifier,
    );
    expect(scored.finding).toBeNull();
    expect(scored.failed).toBe("None of its 2 files can be read.");
    expect(scored.skipped.map(({ file }) => file)).toEqual(["a.txt", "b"]);
    expect(scored.skipped[0]?.reason).toContain("not a DICOM file");
  });

  it("has nothing to say of no files", async () => {
    const scored = await scoreStudy([], classifier);
    expect(scored).toMatchObject({ finding: null, failed: null, slices: [], skipped: [] });
    expect(scored.notApplicable).toBe("The study has no instances.");
  });
});

describe.skipIf(!existsSync(data))(`scoreStudy on real head CTs (skipped without ${data})`, () => {
  it("scores every slice, in position order, as the classifier scores it alone", async () => {
    const sources = sourcesOf("rsna/study");
    const progress: [number, number][] = [];
    const scored = await scoreStudy(sources, classifier, { onProgress: (...at) => progress.push(at) });
    const { finding, slices, skipped, verdict } = scored;
    expect(skipped).toEqual([]);
    expect(slices).toHaveLength(36);
    const positions = slices.map(({ positionMm }) => positionMm);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(slices.map(({ file }) => file)).size).toBe(36);
    expect(progress.at(-1)).toEqual([36, 36]);

    const middle = slices[20];
    const bytes = await sources.find(({ file }) => file === middle?.file)?.read();
    const [alone] = await classifier.classifySlices(await decodeSlices(bytes ?? new Uint8Array()));
    expect(middle?.probability).toBe(alone?.probability);
    expect(middle?.saliency).toEqual(alone?.saliency);

    expect(finding).toMatchObject({ model: { name: "tiny", version: "1" }, threshold: 0.5 });
    expect(finding?.probability).toBe(verdict?.probability);
    expect(Object.keys(finding?.slices[0] ?? {})).toEqual([
      ...["file", "sopInstanceUid", "positionMm", "probability"],
    ]);
  });

  it("does not depend on the order of the files", async () => {
    const sources = sourcesOf("ge-head");
    const one = await scoreStudy(sources, classifier);
    const other = await scoreStudy(sources.toReversed(), classifier);
    expect(one.slices.length).toBeGreaterThan(20);
    expect(other.slices).toEqual(one.slices);
  });

  it("passes over bad files and scores the others", async () => {
    const sources = sourcesOf("rsna/study");
    const [first, second, third, ...rest] = sources;
    const whole = (await second?.read()) ?? new Uint8Array();
    const failing: InstanceSource = {
      file: third?.file ?? "",
      read: () => Promise.reject(new Error("the disk is gone")),
    };
    const truncated = source(second?.file ?? "", whole.subarray(0, whole.length - 1000));
    const scored = await scoreStudy(
      [source(first?.file ?? "", Buffer.from("junk")), truncated, failing, ...rest],
      classifier,
    );
    expect(scored.slices).toHaveLength(33);
    expect(scored.finding).not.toBeNull();
    const reasons = new Map(scored.skipped.map(({ file, reason }) => [file, reason]));
    expect(reasons.get(first?.file ?? "")).toContain("not a DICOM file");
    expect(reasons.get(second?.file ?? "")).toMatch(/cut off/);
    expect(reasons.get(third?.file ?? "")).toBe("the disk is gone");
  });

  it("averages thin slices, and gives each its slab's result", async () => {
    const scored = await scoreStudy(sourcesOf("cq500/normal-thin"), classifier);
    expect(scored.slices.length).toBeGreaterThan(230);
    const results = new Set(
      scored.slices.map(({ probability, saliency }) => `${probability}/${saliency.peak}`),
    );
    expect(results.size).toBeLessThan(60);
  });

  it("chooses the head among several series and says why not the others", async () => {
    const folders = readdirSync(join(data, "philips-mixed"));
    const sources = folders.flatMap((folder) =>
      sourcesOf(join("philips-mixed", folder)).map((s) => ({ ...s, file: `${folder}/${s.file}` })),
    );
    const { series } = await scoreStudy(sources, classifier);
    expect(series.length).toBeGreaterThan(1);
    expect(series.every(({ reason }) => reason !== "")).toBe(true);
  });

  it("stops when asked to, in the middle", async () => {
    const abort = new AbortController();
    const scoring = scoreStudy(sourcesOf("rsna/study"), classifier, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("a newer instance came")),
    });
    await expect(scoring).rejects.toThrow("a newer instance came");
    expect((await scoreStudy(sourcesOf("rsna/study").slice(0, 3), classifier)).slices).toHaveLength(3);
  });
});
