/**
 * @file Makes the default model again, from the data to the package in `models/default`.
 *
 *   node scripts/train-default-model.ts prepare --work DIR [--part 0/2]    pictures; several may run side by side
 *   node scripts/train-default-model.ts train --work DIR --fold 1         one network; several may run side by side
 *   node scripts/train-default-model.ts build --work DIR [--output DIR]    networks not there yet, threshold, package
 *   node scripts/train-default-model.ts evaluate [--output DIR]            test exams and model card
 *     [--ct-ich DIR]                                                       patients of another hospital too
 *   node scripts/train-default-model.ts maps --work DIR [--output DIR]     what the heat maps are worth
 *     [--slices 150] [--phantoms 40] [--faithfulness 12]
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { DEFAULT_MODEL_DIR } from "../src/model/package.ts";
import { buildPackage } from "./default-model/build.ts";
import { evaluateMaps } from "./default-model/evaluate-maps.ts";
import { trainFold } from "./default-model/folds.ts";
import { writeEvaluation } from "./default-model/write-evaluation.ts";
import {
  makeDrawnPictures,
  makeHeldOutPhantoms,
  makePheSichPictures,
  makeTrainingPhantoms,
} from "./default-model/pictures.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: "string" },
    output: { type: "string", default: DEFAULT_MODEL_DIR },
    fold: { type: "string", default: "1" },
    part: { type: "string", default: "0/1" },
    slices: { type: "string", default: "150" },
    phantoms: { type: "string", default: "40" },
    faithfulness: { type: "string", default: "12" },
    "ct-ich": { type: "string" },
  },
});
const work = resolve(values.work ?? "default-model-work");
const dataDir = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "..", "..", "shared", "data");
const [part = 0, parts = 1] = values.part.split("/").map(Number);

const command = positionals[0];

if (command === "prepare") {
  await makePheSichPictures(work, dataDir, { part, parts });
  await makeDrawnPictures(work, dataDir, { part, parts });
  await makeTrainingPhantoms(work, { part, parts });
  await makeHeldOutPhantoms(work, { part, parts });
} else if (command === "train") {
  await trainFold(work, Number(values.fold));
} else if (command === "build") {
  await buildPackage(work, resolve(values.output));
} else if (command === "evaluate") {
  await writeEvaluation(resolve(values.output), dataDir, values["ct-ich"]);
} else if (command === "maps") {
  const { slices, phantoms, faithfulness } = values;
  await evaluateMaps(work, resolve(values.output), dataDir, {
    slices: Number(slices),
    phantoms: Number(phantoms),
    faithfulness: Number(faithfulness),
  });
} else {
  console.error("expected: prepare, train, build, evaluate or maps");
  process.exitCode = 2;
}
