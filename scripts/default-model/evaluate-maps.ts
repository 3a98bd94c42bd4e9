/**
 * @file What the maps of the default model are worth: PHE-SICH's bleeding slices, each by the network that has not seen
 * its patient, and phantoms by the whole package.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { figuresLine, referenceLine } from "../../src/cli/explain/evaluate-command.ts";
import { phantomSamples, pheSichSamples } from "../../src/cli/explain/samples.ts";
import { openSubject } from "../../src/cli/explain/subject.ts";
import type { Subject } from "../../src/cli/explain/subject.ts";
import { figuresOf } from "../../src/explain/evaluate.ts";
import type { MethodFigures } from "../../src/explain/evaluate.ts";
import { judge } from "../../src/explain/judge.ts";
import type { Judgement, Sample } from "../../src/explain/judge.ts";
import { findMethod } from "../../src/explain/methods.ts";
import { classTarget } from "../../src/explain/target.ts";
import { readPheSichLabels } from "../../src/model/prepare-phe-sich.ts";
import { layersOf } from "./ensemble.ts";
import { lookedIn } from "./folds.ts";
import { EXTRACTOR, FOLDS } from "./recipe.ts";

const SEED = 1;

/** A method at a layer of one network of the package. */
interface Way {
  readonly method: string;
  readonly layer: string;
}

/** What is compared: methods at the package's layer, and the best at earlier ones. */
const WAYS: readonly Way[] = [
  { method: "hires-cam", layer: EXTRACTOR.layer },
  { method: "grad-cam", layer: EXTRACTOR.layer },
  { method: "layer-cam", layer: EXTRACTOR.layer },
  { method: "grad-cam++", layer: EXTRACTOR.layer },
  { method: "eigen-grad-cam", layer: EXTRACTOR.layer },
  { method: "hires-cam", layer: "features.8" },
  { method: "layer-cam", layer: "features.4.expanded" },
];

export interface MapSamples {
  /** PHE-SICH's slices, of all folds together. */
  readonly slices: number;
  readonly phantoms: number;
  /** On so many of the slices faithfulness and sanity are measured. */
  readonly faithfulness: number;
}

async function judgeWay(
  { network, normalisation, labels, target, isFound }: Subject,
  samples: readonly Sample[],
  { method, layer }: Way,
  faithfulness: number,
): Promise<Judgement> {
  const classIndex = labels.indexOf(target);
  const combination = { method: findMethod(method), layer };
  return judge(network, samples, combination, {
    ...{ target: classTarget(classIndex, target), classIndex, faithfulness, seed: SEED },
    isFound: (logits) => isFound(classIndex, logits),
    baseline: normalisation.mean.map((mean, c) => -mean / (normalisation.std[c] ?? 1)),
  });
}

/** The patients that a fold's network has not been trained on. */
async function heldOutPatients(work: string, fold: number, known: Iterable<string>): Promise<Set<string>> {
  const rows = (await readFile(join(work, "folds", String(fold), "labels.csv"), "utf8")).split("\n");
  const trained = rows.filter((row) => !row.endsWith(",validation")).join("\n");
  return new Set([...known].filter((patient) => !trained.includes(`/phe${patient}_`)));
}

/** PHE-SICH's figures, a line a way: the networks' judgements taken together. */
async function onPheSich(
  work: string,
  dataDir: string,
  { slices, faithfulness }: MapSamples,
): Promise<MethodFigures[]> {
  const dir = join(dataDir, "phe-sich");
  const patients = [...(await readPheSichLabels(dir)).keys()];
  const folds: { readonly subject: Subject; readonly samples: readonly Sample[] }[] = [];
  for (let fold = 1; fold <= FOLDS; fold++) {
    const subject = await openSubject({ model: lookedIn(work, fold) });
    const held = await heldOutPatients(work, fold, patients);
    const request = { count: Math.ceil(slices / FOLDS), seed: SEED, patients: held };
    folds.push({ subject, samples: await pheSichSamples(dir, subject, request) });
  }
  console.log(referenceLine(folds.flatMap(({ samples }) => samples)));
  const found: MethodFigures[] = [];
  for (const way of WAYS) {
    const each: Judgement[] = [];
    for (const { subject, samples } of folds)
      each.push(await judgeWay(subject, samples, inAll(way, 1), Math.ceil(faithfulness / FOLDS)));
    const figures = figuresOf(each, SEED);
    console.log(figuresLine(figures));
    found.push(figures);
  }
  return found;
}

/** The layers of so many networks at all of their looks, averaged. */
const inAll = ({ method, layer }: Way, networks: number): Way => {
  const layers = layer.split("+").flatMap((name) => layersOf(name, networks));
  return { method, layer: layers.join("+") };
};

/** Markdown: what each way is worth. */
function table(found: readonly MethodFigures[], layerOf: (index: number) => string): string {
  const text = (figure: MethodFigures["road"]): string => (figure ? figure.value.toFixed(2) : "–");
  const rows = found.map((of, i) => [
    ...[of.method, layerOf(i), text(of.pointing), text(of.pointingFound), text(of.pointingDrawn)],
    ...[text(of.energy), `${text(of.dice)} at ${of.threshold?.toFixed(2) ?? "–"}`],
    ...[of.road, of.confidence, of.insertion, of.deletion, of.sanity].map(text),
  ]);
  const header = ["Method", "Layer", "Pointing", "where found", "oedema alone", "Energy", "Dice"];
  const faithful = ["ROAD", "Confidence", "Insertion", "Deletion", "Sanity"];
  return [[...header, ...faithful], [...header, ...faithful].map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Measure, and print a table for the documentation. */
export async function evaluateMaps(
  work: string,
  modelDir: string,
  dataDir: string,
  sizes: MapSamples,
): Promise<void> {
  const onSlices = await onPheSich(work, dataDir, sizes);
  const subject = await openSubject({ model: modelDir });
  const samples = phantomSamples(subject, { count: sizes.phantoms, seed: SEED });
  const onPhantoms: MethodFigures[] = [];
  for (const way of WAYS) {
    const judgement = await judgeWay(subject, samples, inAll(way, FOLDS), 0);
    const figures = figuresOf([judgement], SEED);
    console.log(figuresLine(figures));
    onPhantoms.push(figures);
  }
  for (const found of [onSlices, onPhantoms]) {
    const [first] = found;
    console.log(`\n${first?.samples ?? 0} pictures, found on ${first?.found ?? 0}\n`);
    console.log(table(found, (i) => WAYS[i]?.layer ?? ""));
  }
}
