import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import { finishDataset, UnfinishedDataset } from "./finish.ts";
import type { DatasetSummary } from "./finish.ts";
import type { Place } from "./ends.ts";
import { FolderSink, FolderSource } from "./folder-ends.ts";
import { readLabels } from "./labels.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { PictureSpec } from "./picture.ts";
import { prepareDataset } from "./prepare.ts";
import type { PrepareReport, PrepareRequest } from "./prepare.ts";
import { DiskFile } from "./ranged-file.ts";
import { OtherDataset } from "./settings.ts";
import { WorkStopped } from "./stopped.ts";
import { SLICES, testInstance, writeTestSet, zipOf } from "./test-set.ts";
import type { TestSet } from "./test-set.ts";
import { UnusableZip, ZipSource } from "./zip-source.ts";

const PATIENTS = 20;

// Every run starts threads of its own, which takes seconds on a machine that others use too.
vi.setConfig({ testTimeout: 120_000 });

const PICTURE: PictureSpec = {
  windows: HEAD_CT_WINDOWS,
  ...{ windowFunction: "linear", size: null, crop: "none", format: "png", quality: 95 },
};

let dir = "";
let set: TestSet = { dir: "", labels: "", files: new Map() };
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-prepare-"));
  set = writeTestSet(join(dir, "source"), PATIENTS);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function prepare(output: string, own: Partial<PrepareRequest> = {}): Promise<PrepareReport> {
  const sink = own.sink ?? new FolderSink(output);
  try {
    return await prepareDataset({
      source: new FolderSource(set.dir),
      labels: await readLabels(set.labels),
      ...{ sink, picture: PICTURE, split: { train: 0.8, validation: 0.1, test: 0.1 } },
      ...{ seed: 1, secret: "", shard: { index: 1, of: 1 }, threads: 1 },
      ...own,
    });
  } finally {
    await sink.close();
  }
}

async function finish(output: string): Promise<DatasetSummary> {
  const sink = new FolderSink(output);
  try {
    return (await finishDataset(sink)).summary;
  } finally {
    await sink.close();
  }
}

const manifest = (output: string, name = "manifest.jsonl"): ManifestEntry[] =>
  readFileSync(join(output, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ManifestEntry);

describe("prepareDataset", () => {
  it("writes class folders, stratified by patient, with a manifest", async () => {
    const output = join(dir, "whole");
    const report = await prepare(output, { threads: 2 });
    expect([report.made, report.kept, report.skipped]).toEqual([PATIENTS * SLICES, 0, []]);
    const entries = manifest(output);
    expect(entries.map(({ image }) => image).sort()).toEqual([...set.files.keys()].sort());
    // 10 patients of either kind: 8, 1 and 1; those with a bleed have it on one slice of three.
    const count = (split: string, label: string): number =>
      entries.filter((entry) => entry.split === split && entry.label === label).length;
    expect(["train", "validation", "test"].map((split) => count(split, "hemorrhage"))).toEqual([8, 1, 1]);
    expect(["train", "validation", "test"].map((split) => count(split, "normal"))).toEqual([40, 5, 5]);
    for (const { file } of entries) expect(statSync(join(output, file)).size).toBeGreaterThan(0);
    const [first] = entries;
    expect(first).toMatchObject({ image: "ID_0x0", studyInstanceUid: "1.2.3.0", positionMm: 0, rows: 32 });
    expect(first?.findings).toEqual({ subdural: 0, any: 0 });
    // Stored 1000 is −24 HU: below the brain window (0…80), in the subdural one (−20…180) and of the bone one.
    const pixels = await sharp(join(output, first?.file ?? ""))
      .raw()
      .toBuffer();
    expect([...pixels.subarray(0, 3)]).toEqual([0, 0, Math.round(((-24 + 800) / 2799) * 255)]);
  });

  it("never puts a patient in two splits, whatever the seed", async () => {
    for (const seed of [2]) {
      const output = join(dir, `seed${seed}`);
      await prepare(output, { seed });
      const splits = new Map<string, Set<string>>();
      for (const { patient, split } of manifest(output))
        splits.set(patient, (splits.get(patient) ?? new Set()).add(split));
      expect(splits.size).toBe(PATIENTS);
      expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
      const summary = await finish(output);
      expect([summary.patients, summary.patientsInTwoSplits]).toEqual([PATIENTS, 0]);
    }
  });

  it("lists broken files and goes on; counts what has no label and what has no file", async () => {
    const own = writeTestSet(join(dir, "broken"), 4);
    truncateSync(own.files.get("ID_0x0") ?? "", 700);
    writeFileSync(own.files.get("ID_0x1") ?? "", "no DICOM");
    unlinkSync(own.files.get("ID_1x0") ?? "");
    writeFileSync(join(own.dir, "stranger.dcm"), testInstance(9, 9));
    writeFileSync(join(own.dir, "ID_2x0.dcm"), testInstance(2, 0));
    const source = new FolderSource(own.dir);
    const report = await prepare(join(dir, "from-broken"), { source, labels: await readLabels(own.labels) });
    expect(report.made).toBe(9);
    const reasons = report.skipped.map(({ file, reason }) => `${file}: ${reason}`);
    expect(reasons).toEqual([
      expect.stringMatching(/^p0\/ID_0x1.dcm: not a DICOM file/),
      "p2/ID_2x0.dcm: a second file of image ID_2x0",
      expect.stringMatching(/^p0\/ID_0x0.dcm: the pixel data is cut off/),
    ]);
    expect([report.withoutLabel, report.withoutFile]).toEqual([1, 1]);
    expect(readFileSync(join(dir, "from-broken", "without-label.txt"), "utf8")).toBe("stranger.dcm\n");
    expect(readFileSync(join(dir, "from-broken", "without-file.txt"), "utf8")).toBe("ID_1x0\n");
  });

  it("goes on where it was stopped, and makes the same set", async () => {
    const output = join(dir, "stopped");
    const controller = new AbortController();
    const stopped = prepare(output, {
      signal: controller.signal,
      onProgress: (stage, done) => {
        if (stage === "pictures" && done === 30) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(WorkStopped);
    const before = manifest(output);
    expect(before.length).toBeGreaterThanOrEqual(30);
    expect(before.length).toBeLessThan(PATIENTS * SLICES);
    // A killed process may leave half a line.
    writeFileSync(join(output, "manifest.jsonl"), '{"image":"ID_', { flag: "a" });
    const times = before.map(({ file }) => statSync(join(output, file)).mtimeMs);
    const report = await prepare(output);
    expect([report.kept, report.made]).toEqual([before.length, PATIENTS * SLICES - before.length]);
    expect(before.map(({ file }) => statSync(join(output, file)).mtimeMs)).toEqual(times);
    expect(readFileSync(join(output, "manifest.jsonl"))).toEqual(
      readFileSync(join(dir, "whole", "manifest.jsonl")),
    );
  });

  it("stops cleanly when the disk is full, and goes on once there is room", async () => {
    const output = join(dir, "full");
    class FullSink extends FolderSink {
      #pictures = 0;
      override async placeOf(name: string): Promise<Place> {
        if (name.endsWith(".png") && ++this.#pictures > 20)
          throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
        return super.placeOf(name);
      }
    }
    const full = prepare(output, { sink: new FullSink(output) });
    await expect(full).rejects.toThrow(/is full\. What is finished is kept/);
    const report = await prepare(output);
    expect(report.kept).toBe(20);
    expect(report.made).toBe(PATIENTS * SLICES - 20);
    expect(readdirSync(output).filter((name) => name.startsWith(".unfinished"))).toEqual([]);
  });

  it("stops with the reason when a thread cannot write, and leaves the instance for the next run", async () => {
    const output = join(dir, "unwritable");
    class LostSink extends FolderSink {
      override async placeOf(name: string): Promise<Place> {
        const { path } = await super.placeOf(name);
        return { path, unfinished: join(output, "a folder that is not there", "picture") };
      }
    }
    await expect(prepare(output, { sink: new LostSink(output) })).rejects.toThrow(/ENOENT.*not there/);
    expect((await prepare(output)).made).toBe(PATIENTS * SLICES);
  });

  it("shares the work between shards that do not talk, and joins them", async () => {
    const output = join(dir, "shards");
    for (const index of [1, 3]) await prepare(output, { shard: { index, of: 3 } });
    await expect(finish(output)).rejects.toThrow(
      new UnfinishedDataset(`${output}: shard 2 of 3 has not finished`),
    );
    await prepare(output, { shard: { index: 2, of: 3 } });
    const summary = await finish(output);
    expect(summary.images).toBe(PATIENTS * SLICES);
    expect(summary.counts.map(({ images }) => images)).toEqual([40, 8, 5, 1, 5, 1]);
    const byImage = (a: ManifestEntry, b: ManifestEntry): number => (a.image < b.image ? -1 : 1);
    expect(manifest(output).sort(byImage)).toEqual(manifest(join(dir, "whole")).sort(byImage));
  });

  it("refuses a destination made with other settings", async () => {
    await expect(prepare(join(dir, "whole"), { seed: 5 })).rejects.toThrow(OtherDataset);
    await expect(prepare(join(dir, "whole"), { seed: 5 })).rejects.toThrow("seed is 1 there and 5 here");
  });
});

describe.each([false, true])("a zip file as source, ZIP64 %s", (zip64) => {
  const files = (): Record<string, Buffer> =>
    Object.fromEntries([...set.files].map(([image, file]) => [`in/${image}.dcm`, readFileSync(file)]));

  it("is read in place", async () => {
    const zip = join(dir, `set${zip64}.zip`);
    writeFileSync(zip, zipOf(files(), crc32, zip64));
    const source = await ZipSource.open(await DiskFile.open(zip));
    const output = join(dir, `from-zip${zip64}`);
    const report = await prepare(output, { source });
    await source.close();
    expect([report.made, report.skipped]).toEqual([PATIENTS * SLICES, []]);
    const digests = (entries: ManifestEntry[]): string[] =>
      entries.map(({ file, sha256 }) => `${file} ${sha256}`).sort();
    expect(digests(manifest(output))).toEqual(digests(manifest(join(dir, "whole"))));
  });

  it("names an entry whose bytes are damaged, and refuses what is no zip file", async () => {
    const zip = join(dir, `damaged${zip64}.zip`);
    writeFileSync(
      zip,
      zipOf(files(), (bytes) => (crc32(bytes) ^ 1) >>> 0, zip64),
    );
    const source = await ZipSource.open(await DiskFile.open(zip));
    const report = await prepare(join(dir, `from-damaged${zip64}`), { source });
    await source.close();
    expect(report.skipped[0]).toEqual({
      file: "in/ID_0x0.dcm",
      reason: "in/ID_0x0.dcm is damaged in the zip file: its CRC-32 differs",
    });
    writeFileSync(zip, "no zip file at all, and long enough to look like one");
    await expect(DiskFile.open(zip).then((file) => ZipSource.open(file))).rejects.toThrow(UnusableZip);
  });
});
