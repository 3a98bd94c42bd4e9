/** @file The default model's figures on CT-ICH: its layout, its windows, what is missing. By phantoms laid out as it is. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ctIchMetrics, readSlice } from "../scripts/default-model/ct-ich.ts";
import { windowTable } from "../src/imaging/window.ts";
import { DEFAULT_MODEL_DIR } from "../src/model/package.ts";
import type { Metric } from "../src/model/spec.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import type { PhantomStudy } from "../src/phantom/phantom.ts";

const HEADER =
  "PatientNumber,SliceNumber,Intraventricular,Intraparenchymal,Subarachnoid,Epidural,Subdural,No_Hemorrhage,Fracture_Yes_No";
const WINDOWS = {
  brain: windowTable({ centerHu: 40, widthHu: 120 }),
  bone: windowTable({ centerHu: 700, widthHu: 3200 }),
};

/** Slices of the middle of the head: enough for an exam. */
const FROM = 10;
const TO = 19;

async function writePatient(dir: string, patient: string, { slices }: PhantomStudy): Promise<void> {
  for (const [window, table] of Object.entries(WINDOWS)) {
    const folder = join(dir, "Patients_CT", patient, window);
    await mkdir(folder, { recursive: true });
    for (const [index, { hu, rows, columns }] of [...slices.entries()].slice(FROM, TO)) {
      const grey = Uint8Array.from(hu, (value) => table[value + 32768] ?? 0);
      const image = sharp(grey, { raw: { width: columns, height: rows, channels: 1 } });
      await image.jpeg({ quality: 95 }).toFile(join(folder, `${index + 1}.jpg`));
    }
  }
}

/** How many slices were judged. */
function slicesIn(metrics: readonly Metric[]): number {
  const { of = "" } = metrics.find((metric) => metric.of.includes(" slices with ")) ?? {};
  return Number(/: (\d+) slices/.exec(of)?.[1]);
}

describe("CT-ICH", () => {
  const bleeding = generatePhantom({ seed: 6005, bleed: "intraparenchymal", rows: 512 });
  const healthy = generatePhantom({ seed: 6002, bleed: null, rows: 512 });
  let dir = "";
  let root = "";
  let metrics: Metric[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "firstread-test-"));
    dir = join(root, "ct-ich");
    await writePatient(dir, "049", bleeding);
    await writePatient(dir, "102", healthy);
    const rows = [
      ...bleeding.masks.map((mask, i) => `49,${i + 1},0,${mask.includes(1) ? "1,0,0,0,0" : "0,0,0,0,1"},0`),
      ...healthy.slices.map((_, i) => `102,${i + 1},0,0,0,0,0,1,1`),
    ];
    await writeFile(join(dir, "hemorrhage_diagnosis.csv"), `\uFEFF${HEADER}\r\n${rows.join("\r\n")}\r\n`);

    metrics = await ctIchMetrics(DEFAULT_MODEL_DIR, dir, ["intraparenchymal"]);
  });

  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  it("is read back to the HU that its two windows hold", async () => {
    const { values } = await readSlice(dir, { patient: "049", slice: TO, kinds: [] });
    const truth = bleeding.slices[TO - 1]?.hu ?? new Int16Array();
    const near = [...truth.keys()].filter((i) => {
      const hu = truth[i] ?? 0;
      return hu > 0 && hu < 90;
    });
    const errors = near.map((i) => Math.abs((values[i] ?? 0) - (truth[i] ?? 0))).sort((a, b) => a - b);
    expect(errors[Math.floor(0.9 * errors.length)]).toBeLessThan(5);
    const bone = [...truth.keys()].filter((i) => (truth[i] ?? 0) > 600);
    expect(bone.filter((i) => (values[i] ?? 0) > 300).length / bone.length).toBeGreaterThan(0.98);
  });

  it("gives figures of exams and of slices, all and by kind", () => {
    const value = (name: string, of: RegExp): number | undefined =>
      metrics.find((metric) => metric.name === name && of.test(metric.of))?.value;
    expect(value("AUC", /: 2 exams$/)).toBe(1);
    expect(value("sensitivity", /1 exams that bleed/)).toBe(1);
    expect(value("specificity", /1 exams that do not/)).toBe(1);
    expect(value("AUC", /slices with brain/)).toBeGreaterThan(0.8);
    expect(value("AUC", /intraparenchymal slices against/)).toBeGreaterThan(0.8);
    expect(metrics).toHaveLength(5);
  });

  it("leaves out a slice without its picture, and refuses another table", async () => {
    const without = join(root, "other");
    await mkdir(without);
    await writeFile(join(without, "hemorrhage_diagnosis.csv"), "a,b\n1,2\n");
    await expect(ctIchMetrics(DEFAULT_MODEL_DIR, without)).rejects.toThrow(
      /expected "PatientNumber.*got "a,b"/,
    );

    await rm(join(dir, "Patients_CT", "102", "bone", `${TO}.jpg`));
    expect(slicesIn(await ctIchMetrics(DEFAULT_MODEL_DIR, dir, []))).toBe(slicesIn(metrics) - 1);
  });
});
