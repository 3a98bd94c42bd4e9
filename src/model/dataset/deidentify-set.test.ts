import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { deidentifyDataset } from "./deidentify-set.ts";
import type { DeidentifyReport, DeidentifyRequest } from "./deidentify-set.ts";
import { FolderSink, FolderSource } from "./folder-ends.ts";
import { OtherDataset } from "./settings.ts";
import { WorkStopped } from "./stopped.ts";
import { SLICES, testInstance, writeTestSet } from "./test-set.ts";

vi.setConfig({ testTimeout: 120_000 });

const PATIENTS = 6;
let dir = "";
let source = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-deidentify-"));
  source = join(dir, "source");
  writeTestSet(source, PATIENTS);
  writeFileSync(join(source, "z-broken.dcm"), "no DICOM");
  writeFileSync(join(source, "z-twin.dcm"), testInstance(0, 0));
  writeFileSync(join(source, "z-written-on.dcm"), testInstance(9, 9, { "00280301 CS": "YES" }));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function deidentify(output: string, own: Partial<DeidentifyRequest> = {}): Promise<DeidentifyReport> {
  const sink = own.sink ?? new FolderSink(join(dir, output));
  try {
    return await deidentifyDataset({
      ...{ source: new FolderSource(source), sink, secret: "a secret of some length", options: [] },
      ...{ keepFlagged: false, threads: 2, ...own },
    });
  } finally {
    await sink.close();
  }
}

const filesOf = (output: string): string[] =>
  readdirSync(join(dir, output), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".dcm"))
    .sort();

it("writes patient, study and instance; lists what is broken, double or may show names", async () => {
  const report = await deidentify("whole");
  expect([report.written, report.kept, report.patients]).toEqual([PATIENTS * SLICES, 0, PATIENTS]);
  expect(report.skipped.map(({ file, reason }) => `${file}: ${reason}`)).toEqual([
    expect.stringMatching(/^z-broken.dcm: not a DICOM file/),
    "z-twin.dcm: a second file with its SOPInstanceUID",
  ]);
  expect(report.flagged).toEqual([{ file: "z-written-on.dcm", reason: "BurnedInAnnotation is YES" }]);
  expect(report.changed["Patient ID"]).toBe(PATIENTS * SLICES);
  expect(filesOf("whole")).toEqual(report.mapping.map(([, file]) => file).sort());
  expect(filesOf("whole")[0]).toMatch(/^P[0-9A-F]{16}\/2\.25\.\d+\/2\.25\.\d+\.dcm$/);
  // What lies beside the files names no source file and no patient.
  for (const name of ["deidentified.jsonl", "deidentification-report.json", "deidentified.json"]) {
    const text = readFileSync(join(dir, "whole", name), "utf8");
    expect(text).not.toMatch(/ID_|z-|patient \d|1\.2\.3/);
  }
});

it("goes on where it was stopped, to the same files and the same report", async () => {
  const controller = new AbortController();
  const stopped = deidentify("stopped", {
    signal: controller.signal,
    threads: 1,
    onProgress: (done) => done === 5 && controller.abort(),
  });
  await expect(stopped).rejects.toThrow(WorkStopped);
  const before = filesOf("stopped");
  expect(before.length).toBeGreaterThanOrEqual(5);
  expect(before.length).toBeLessThan(PATIENTS * SLICES);
  writeFileSync(join(dir, "stopped", "deidentified.jsonl"), '{"source":"half', { flag: "a" });
  const times = before.map((name) => statSync(join(dir, "stopped", name)).mtimeMs);
  const { written, kept, ...report } = await deidentify("stopped");
  expect([written + kept, kept]).toEqual([PATIENTS * SLICES, before.length]);
  expect(before.map((name) => statSync(join(dir, "stopped", name)).mtimeMs)).toEqual(times);
  const whole = await deidentify("whole");
  expect([whole.written, whole.kept]).toEqual([0, PATIENTS * SLICES]);
  expect({ ...report, output: "" }).toEqual({
    ...{ patients: whole.patients, flagged: whole.flagged, skipped: whole.skipped, output: "" },
    ...{ changed: whole.changed, mapping: whole.mapping },
  });
  for (const name of filesOf("whole"))
    expect(readFileSync(join(dir, "stopped", name))).toEqual(readFileSync(join(dir, "whole", name)));
});

it("writes files that may show names when told to, also afterwards", async () => {
  expect((await deidentify("whole", { keepFlagged: true })).written).toBe(1);
  expect(filesOf("whole")).toHaveLength(PATIENTS * SLICES + 1);
});

it("stops cleanly when the disk is full, and goes on once there is room", async () => {
  class FullSink extends FolderSink {
    #files = 0;
    override async write(name: string, content: Uint8Array | string): Promise<void> {
      if (name.endsWith(".dcm") && ++this.#files > 4)
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      await super.write(name, content);
    }
  }
  const full = deidentify("full", { sink: new FullSink(join(dir, "full")) });
  await expect(full).rejects.toThrow(/is full\. What is finished is kept/);
  const report = await deidentify("full");
  expect([report.kept, report.written]).toEqual([4, PATIENTS * SLICES - 4]);
});

it("refuses another secret, other options, and a secret that is none", async () => {
  await expect(deidentify("whole", { secret: "another secret, as long" })).rejects.toThrow(OtherDataset);
  await expect(deidentify("whole", { options: ["uids"] })).rejects.toThrow(OtherDataset);
  await expect(deidentify("none", { secret: "short" })).rejects.toThrow("expected 16 or more");
  expect(existsSync(join(dir, "none"))).toBe(false);
});
