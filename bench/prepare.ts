/**
 * @file Benchmark: `dataset prepare` against the notebook's stack (pydicom, numpy, Pillow, as many processes as there
 * are threads) on the same slices, to the same three-window JPGs.
 *
 * `node bench/prepare.ts [--files 2000] [--threads 2] [--rounds 3] [--json]`. Needs Debian's python3-pydicom,
 * python3-pil and python3-gdcm. Start-up counts on both sides; it is half a second of ours, so that few files flatter the
 * notebook. Inputs: `rsna/study` (uncompressed) and `cq500/normal-thin` (JPEG Lossless) of the
 * development data where they are, else a phantom, uncompressed only. Turn and turn about; the smallest of each counts,
 * since others may be using the machine.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { link, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { HEAD_CT_WINDOWS } from "../src/domain/slice.ts";
import { decodeFrames } from "../src/dicom/decode.ts";
import { FolderSink, FolderSource } from "../src/model/dataset/folder-ends.ts";
import { readLabels } from "../src/model/dataset/labels.ts";
import { PictureMaker } from "../src/model/dataset/picture.ts";
import type { PictureSpec } from "../src/model/dataset/picture.ts";
import { prepareDataset } from "../src/model/dataset/prepare.ts";
import type { PrepareReport } from "../src/model/dataset/prepare.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";

const { values: args } = parseArgs({
  options: {
    files: { type: "string", default: "2000" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(args.threads);
const PYTHON = "/usr/bin/python3";
const ORACLE = join(import.meta.dirname, "..", "scripts", "oracle", "prepare.py");
const DATA = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "..", "..", "shared", "data");
/** Slices whose grey levels are compared. */
const COMPARED = 12;

const PICTURE: PictureSpec = {
  windows: HEAD_CT_WINDOWS,
  ...{ windowFunction: "linear-exact", size: null, crop: "none", format: "jpg", quality: 95 },
};

interface Result {
  readonly input: string;
  readonly files: number;
  readonly firstreadPerSecond: number;
  readonly notebookPerSecond: number;
  readonly ratio: number;
  readonly sharesPercent: Readonly<Record<string, number>>;
  readonly largestGreyDifference: number;
}

/** `count` files below `dir` under names of their own: the originals again and again, by hard links where they can be. */
async function multiply(originals: readonly string[], dir: string, count: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const copies = join(dir, "..", "originals");
  await mkdir(copies, { recursive: true });
  const rows = ["file,label"];
  for (let i = 0; i < count; i++) {
    const at = i % originals.length;
    const copy = join(copies, `${at}`);
    if (i < originals.length) await writeFile(copy, await readFile(originals[at] ?? ""));
    const name = `ID_${String(i).padStart(6, "0")}`;
    await link(copy, join(dir, `${name}.dcm`));
    rows.push(`${name},${i % 2}`);
  }
  await writeFile(join(dir, "..", "labels.csv"), rows.join("\n"));
}

async function inputs(scratch: string): Promise<Record<string, readonly string[]>> {
  const folder = async (...names: string[]): Promise<string[]> => {
    const dir = join(DATA, ...names);
    const files: string[] = await readdir(dir);
    return files.sort().map((name) => join(dir, name));
  };
  if (existsSync(join(DATA, "rsna", "study")))
    return {
      "uncompressed (rsna/study)": await folder("rsna", "study"),
      "JPEG Lossless (cq500/normal-thin)": await folder("cq500", "normal-thin"),
    };
  const identity = { patientName: "Phantom", patientId: "B", sex: "O", birthDate: "19700101" } as const;
  const order = { accessionNumber: "1", studyDescription: "CT", orderPriority: "routine" } as const;
  const files = phantomToDicom(generatePhantom({ seed: 1, bleed: null }), {
    ...{ ...identity, ...order },
    studyAt: "2026-01-01T00:00:00",
  });
  await mkdir(join(scratch, "phantom"));
  const paths = files.map((_, i) => join(scratch, "phantom", `${i}.dcm`));
  for (const [i, path] of paths.entries()) await writeFile(path, files[i] ?? new Uint8Array());
  return { "uncompressed (phantom)": paths };
}

async function largestDifference(dir: string, raw: string): Promise<number> {
  execFileSync(PYTHON, [ORACLE, dir, raw, "--raw", String(COMPARED)]);
  const maker = new PictureMaker(PICTURE);
  let largest = 0;
  for (const name of await readdir(raw)) {
    const theirs = await readFile(join(raw, name));
    for await (const frame of decodeFrames(await readFile(join(dir, name.replace(".raw", ".dcm"))))) {
      const ours = maker.render(frame).values;
      if (ours.length !== theirs.length)
        throw new Error(`${name}: ${ours.length} values and ${theirs.length}`);
      for (let i = 0; i < ours.length; i++)
        largest = Math.max(largest, Math.abs((ours[i] ?? 0) - (theirs[i] ?? 0)));
    }
  }
  return largest;
}

async function ours(dir: string, output: string): Promise<PrepareReport> {
  const sink = new FolderSink(output);
  const report = await prepareDataset({
    ...{ source: new FolderSource(dir), sink, labels: await readLabels(join(dir, "..", "labels.csv")) },
    ...{ picture: PICTURE, split: { train: 0.8, validation: 0.1, test: 0.1 }, seed: 1, secret: "" },
    ...{ shard: { index: 1, of: 1 }, threads },
  });
  await sink.close();
  return report;
}

async function measure(scratch: string, input: string, originals: readonly string[]): Promise<Result> {
  const root = await mkdtemp(join(scratch, "input-"));
  const dir = join(root, "dicom");
  const count = Number(args.files);
  await multiply(originals, dir, count);
  const largestGreyDifference = await largestDifference(dir, join(root, "raw"));
  const reports: PrepareReport[] = [];
  let notebookSeconds = Infinity;
  for (let round = 0; round < Number(args.rounds); round++) {
    reports.push(await ours(dir, join(root, `ours-${round}`)));
    const options = ["--processes", args.threads, "--quality", String(PICTURE.quality)];
    const said = execFileSync(PYTHON, [ORACLE, dir, join(root, `theirs-${round}`), ...options], {
      encoding: "utf8",
    });
    const { seconds } = JSON.parse(said) as { seconds: number };
    notebookSeconds = Math.min(notebookSeconds, seconds);
  }
  const [best] = reports.toSorted((a, b) => a.seconds - b.seconds);
  if (best?.made !== count) throw new Error(`${count} pictures expected, ${best?.made ?? 0} made`);
  const stages = Object.entries<number>({ ...best.stagesMs });
  const total = stages.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    input,
    files: count,
    firstreadPerSecond: count / best.seconds,
    notebookPerSecond: count / notebookSeconds,
    ratio: notebookSeconds / best.seconds,
    sharesPercent: Object.fromEntries(stages.map(([stage, ms]) => [stage, (100 * ms) / total])),
    largestGreyDifference,
  };
}

const scratch = await mkdtemp(join(tmpdir(), "firstread-bench-prepare-"));
try {
  for (const [input, originals] of Object.entries(await inputs(scratch))) {
    const result = await measure(scratch, input, originals);
    if (args.json) console.log(JSON.stringify(result));
    else {
      const shares = Object.entries(result.sharesPercent).map(
        ([stage, share]) => `${stage} ${share.toFixed(0)} %`,
      );
      console.log(`${result.input}, ${result.files} slices, ${threads} threads`);
      console.log(
        `  firstread ${result.firstreadPerSecond.toFixed(0)}/s, notebook ${result.notebookPerSecond.toFixed(0)}/s, ratio ${result.ratio.toFixed(2)}`,
      );
      console.log(`  time by stage: ${shares.join(", ")}`);
      console.log(`  largest difference before JPEG: ${result.largestGreyDifference} grey level(s)`);
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
