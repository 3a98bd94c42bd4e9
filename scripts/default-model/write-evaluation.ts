/**
 * @file Scores the test exams, prints what came out, and writes it into the package and its card.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { DEFAULT_MODEL_DIR, loadPackage } from "../../src/model/package.ts";
import { defaultModelCard, examMetrics, originOf } from "./card.ts";
import { ctIchMetrics } from "./ct-ich.ts";
import { evaluateExams } from "./evaluate.ts";

const DOCS_CARD = join(import.meta.dirname, "..", "..", "docs", "model-card.md");
/** The part of the card that is written by hand: what was looked at, what fails. */
const LIMITS = join(import.meta.dirname, "limits.md");

/** @param ctIchDir CT-ICH as published; without it the package's figures on it stay as they are */
export async function writeEvaluation(dir: string, dataDir: string, ctIchDir?: string): Promise<void> {
  const { exams, labelled } = await evaluateExams(dir, dataDir);
  for (const { folder, probability, flagged, slicesAbove, highestSlice } of exams)
    console.log(
      `${folder}: ${probability.toFixed(3)}, ${flagged ? "flagged" : "not flagged"}; ` +
        `${slicesAbove} slices above the threshold alone, the highest ${highestSlice.toFixed(3)}`,
    );
  for (const { file, bleeding, probability } of labelled)
    console.log(
      `rsna/labelled/${file}: ${probability.toFixed(3)}, ${bleeding ? "bleeding" : "not bleeding"}`,
    );

  const { spec } = await loadPackage(dir);
  const { own = [], outside: before = [] } = Object.groupBy(spec.metrics, originOf);
  const outside = ctIchDir ? await ctIchMetrics(dir, ctIchDir) : before;
  for (const { name, of, value, interval } of outside)
    console.log(
      `${of}: ${name} ${value.toFixed(3)} (${interval?.map((v) => v.toFixed(3)).join(" to ") ?? ""})`,
    );
  const complete = { ...spec, metrics: [...own, ...outside, ...examMetrics(exams, labelled)] };
  const card = defaultModelCard(complete, exams, labelled, await readFile(LIMITS, "utf8"));
  await writeFile(join(dir, "model.json"), `${JSON.stringify(complete, null, 2)}\n`);
  await writeFile(join(dir, "MODEL_CARD.md"), card);
  if (dir === DEFAULT_MODEL_DIR) await writeFile(DOCS_CARD, card);
}
