import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { savePackage } from "../../model/package.ts";
import { TINY_SIZE, tinyPackage } from "../../model/test-package.ts";
import { phantomToDicom } from "../../phantom/dicom.ts";
import { generatePhantom } from "../../phantom/phantom.ts";
import { commandRunner } from "../test-command.ts";
import { configure } from "./evaluate.ts";

let dir: string;
let model: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-evaluate-"));
  model = join(dir, "tiny");
  await savePackage(model, tinyPackage());
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const runCommand = commandRunner();
const run = (...argv: string[]) => runCommand(configure, ...argv);

interface Json {
  readonly [key: string]: unknown;
  readonly studies?: Json;
}
const parsed = (line: string | undefined) => JSON.parse(line ?? "null") as Json;

/** A picture of one colour; the tiny model's logit is 20 (red / 255 - 0.5). */
async function picture(file: string, red: number): Promise<void> {
  const background = { r: red, g: 0, b: 0 };
  const create = { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background } as const;
  await sharp({ create }).png().toFile(file);
}

describe("firstread evaluate on pictures with a table", () => {
  let data: string;
  beforeAll(async () => {
    data = join(dir, "table");
    await mkdir(join(data, "images"), { recursive: true });
    const reds = { a1: 220, a2: 40, b1: 60, b2: 50, c1: 100, c2: 150, lost: 10, torn: 10 };
    for (const [name, red] of Object.entries(reds)) await picture(join(data, "images", `${name}.png`), red);
    await writeFile(join(data, "images", "broken.png"), "no picture");
    const rows = [
      "file,label,patient",
      ...["a1.png,1,A", "a2.png,0,A", "b1.png,0,B", "b2.png,0,B", "c1.png,1,C", "c2.png,0,C"],
      ...["broken.png,0,D", "torn.png,0,E", "torn.png,1,E", "a1.png,1,A", "missing.png,1,F"],
    ];
    await writeFile(join(data, "labels.csv"), `${rows.join("\n")}\n`);
  });

  it("judges what fits together, names what does not, and exits with 3 for a damaged picture", async () => {
    const { code, out } = await run(model, data, "--json");
    expect(code).toBe(3);
    const result = parsed(out[0]);
    // Called at 0.5: a1 and c2 (red above 127.5). Bleeds: a1, c1.
    expect(result).toMatchObject({
      ...{ unit: "pictures", cases: 6, positives: 2, groups: 3, threshold: 0.5 },
      ...{ sensitivity: { value: 0.5 }, specificity: { value: 0.75 }, accuracy: { value: 4 / 6 } },
      ...{ ppv: { value: 0.5 }, npv: { value: 0.75 } },
      // a1 stands above all four, c1 above three.
      auc: { value: 7 / 8, method: "DeLong" },
      // Patients A and C bleed. Largest reds: A 220, B 60, C 150.
      studies: { cases: 3, positives: 2, auc: { value: 1 } },
      table: {
        withoutLabel: { count: 1, names: ["lost"] },
        withoutImage: { count: 1, names: ["missing"] },
        conflicting: { count: 1, names: ["torn"] },
        repeated: { count: 1, names: ["a1"] },
      },
    });
    expect(result["skipped"]).toMatchObject([{ file: join(data, "images", "broken.png") }]);
  });

  it("calls at the threshold that is given", async () => {
    const { out } = await run(model, data, "--json", "--threshold", "0.05");
    // Probability 0.05 is red 90: c1 (100) is called too.
    expect(parsed(out[0])).toMatchObject({ threshold: 0.05, sensitivity: { value: 1 } });
    await expect(run(model, data, "--threshold", "1.5")).rejects.toThrow("0 to 1");
  });

  it("prints every figure with its interval, and what was left out", async () => {
    const { out, err } = await run(model, data);
    const text = out.join("\n");
    expect(text).toContain("6 pictures of 3 patients, 2 positive; threshold 0.500");
    expect(text).toMatch(/sensitivity +0\.500 {2}\(0\.095 to 0\.905, Wilson; /);
    expect(text).toContain("3 studies of 3 patients");
    expect(text).toContain("A study's probability is the largest of its pictures'.");
    expect(text).toContain("1 images with contradicting labels, not judged: torn");
    expect(err.join("\n")).toContain("broken.png");
  });

  it("writes a report", async () => {
    const report = join(dir, "report.html");
    await run(model, data, "--report", report);
    const page = await readFile(report, "utf8");
    expect(page).toContain("tiny 1: evaluation");
    expect(page).toContain("hemorrhage, called normal");
    expect(page).toContain("data:image/jpeg;base64,");
    expect(page).toContain("broken.png");
    expect(page).not.toMatch(/NaN|undefined|<script/);
  });

  it("fails where nothing can be judged, or no class is the model's", async () => {
    const none = join(dir, "none.csv");
    await writeFile(none, "file,label\nelsewhere.png,1\nfar.png,0\n");
    await expect(run(model, data, "--labels", none)).rejects.toThrow("no case with a known class");
    const other = join(dir, "other.csv");
    await writeFile(other, "file,label\na1.png,cat\na2.png,dog\n");
    await expect(run(model, data, "--labels", other)).rejects.toThrow('the model finds "hemorrhage"');
    await mkdir(join(dir, "bare"));
    await expect(run(model, join(dir, "bare"))).rejects.toThrow("expected labels.csv or a sub-folder");
  });
});

describe("firstread evaluate on DICOM with the challenge's table", () => {
  let data: string;
  let names: string[][];
  beforeAll(async () => {
    data = join(dir, "challenge");
    await mkdir(data);
    const shape = { rows: 64, sliceThicknessMm: 5, sliceSpacingMm: 30 };
    names = [];
    for (const [patient, bleed] of (["epidural", null] as const).entries()) {
      const study = generatePhantom({ ...shape, seed: patient + 1, bleed });
      const instances = phantomToDicom(study, {
        patientName: `Phantom^${patient}`,
        patientId: `PH${patient}`,
        ...{ sex: "F", birthDate: "19541231", accessionNumber: "A1", studyDescription: "CT HEAD" },
        ...{ orderPriority: "routine", studyAt: "2026-03-06T18:30:05" },
      });
      names.push(instances.map((_, slice) => `ID_${patient}${slice}`));
      for (const [slice, bytes] of instances.entries()) {
        await writeFile(join(data, `ID_${patient}${slice}.dcm`), bytes);
      }
    }
    const findings = ["epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural", "any"];
    const rows = names.flatMap((ids, patient) =>
      ids.flatMap((id, slice) =>
        findings.map(
          (finding, bit) =>
            `${id}_${finding},${patient === 0 && slice === 1 && (bit === 0 || bit === 5) ? 1 : 0}`,
        ),
      ),
    );
    const gone = findings.map((finding) => `ID_gone_${finding},0`);
    await writeFile(join(data, "labels.csv"), ["ID,Label", ...rows, ...gone, "ID_00_any,1"].join("\n"));
    await writeFile(join(data, "ID_99.dcm"), "no DICOM");
  });

  it("judges slices and studies, and gives the challenge's weighted log-loss", async () => {
    const { code, out } = await run(model, data, "--json", "--cases");
    expect(code).toBe(3);
    const result = parsed(out[0]);
    const slices = names.flat().length - 1; // ID_00 has contradicting labels
    expect(result).toMatchObject({
      ...{ unit: "slices", cases: slices, positives: 1, groups: 2 },
      studies: { unit: "studies", cases: 2, positives: 1 },
      table: {
        withoutImage: { count: 1, names: ["ID_gone"] },
        conflicting: { count: 1, names: ["ID_00"] },
      },
    });
    expect(result["skipped"]).toMatchObject([{ file: join(data, "ID_99.dcm") }]);
    // The tiny model tells no kinds apart, so that the challenge's figure is the log-loss of "any".
    const { weightedLogLoss, logLoss } = result as Record<string, { value: number }>;
    expect(weightedLogLoss?.value).toBeCloseTo(logLoss?.value ?? NaN, 9);
    const each = result["each"] as { classIndex: number; file: string }[];
    expect(each.filter(({ classIndex }) => classIndex === 1).map(({ file }) => file)).toEqual([
      join(data, "ID_01.dcm"),
    ]);
  });

  it("shows DICOM slices in the report", async () => {
    const report = join(dir, "dicom.html");
    const { out } = await run(model, data, "--report", report);
    expect(out.join("\n")).toContain("weighted log-loss (RSNA 2019)");
    const page = await readFile(report, "utf8");
    expect(page).toContain("Slices: curves");
    expect(page).toContain("Studies: curves");
    expect(page).toContain("The challenge&#39;s figure");
    expect(page).toContain("ID_99.dcm");
  });
});
