/**
 * @file `firstread explain evaluate`: methods and layers compared by what their maps are worth.
 */
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Command } from "commander";

import { figuresOf } from "../../explain/evaluate.ts";
import type { MethodFigures } from "../../explain/evaluate.ts";
import { evaluationPage } from "../../explain/evaluation-report.ts";
import { judge, TOLERANCE_MM } from "../../explain/judge.ts";
import type { Sample } from "../../explain/judge.ts";
import { findMethod } from "../../explain/methods.ts";
import { referencePointing } from "../../explain/metrics/reference-pointing.ts";
import { classTarget } from "../../explain/target.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { countingNumber, wholeNumber } from "../option-values.ts";
import { createProgress } from "../progress.ts";
import { addModelOptions } from "./model-options.ts";
import { folderSamples, phantomSamples, pheSichSamples } from "./samples.ts";
import { openSubject } from "./subject.ts";
import type { Subject, SubjectOptions } from "./subject.ts";

interface Options extends SubjectOptions {
  readonly methods: string;
  readonly layers?: string;
  readonly target?: string;
  readonly phantoms?: number;
  readonly sample: number;
  readonly faithfulness: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function readSamples(data: string | undefined, subject: Subject, options: Options): Promise<Sample[]> {
  const { seed, phantoms, sample } = options;
  if (phantoms !== undefined) return phantomSamples(subject, { count: phantoms, seed });
  if (data === undefined)
    throw new RangeError("expected DATA, a folder with images/ and masks/, or --phantoms N");
  const request = { count: sample, seed };
  const isLabelled = await exists(join(data, "labels.csv"));
  return isLabelled ? pheSichSamples(data, subject, request) : folderSamples(data, subject, request);
}

const text = (figure: MethodFigures["road"]): string => (figure ? figure.value.toFixed(3) : "–");

/** One method's figures in a line. */
export function figuresLine(figures: MethodFigures): string {
  const { method, layer, samples, found, energy, dice, threshold, road, sanity, mapMs } = figures;
  const drawn = figures.pointingDrawn
    ? `, drawn ${text(figures.pointingDrawn)}, enclosed ${text(figures.pointingEnclosed)}`
    : "";
  return (
    `${method.padEnd(20)} ${layer.padEnd(12)} pointing ${text(figures.pointing)} of ${samples} ` +
    `(found ${text(figures.pointingFound)} of ${found}${drawn}), ` +
    `energy ${text(energy)}, Dice ${text(dice)} at ${threshold?.toFixed(2) ?? "–"}, ROAD ${text(road)}, ` +
    `sanity ${text(sanity)}, ${mapMs.toFixed(0)} ms a map`
  );
}

/** What pointers to the finding itself would score by the outline alone; null where the outline is the finding. */
export function referenceLine(samples: readonly Sample[]): string | null {
  const reference = referencePointing(samples, TOLERANCE_MM);
  if (!reference) return null;
  const { middle, anywhere } = reference;
  return (
    `by the outline alone, on ${reference.samples} pictures: a pointer to the finding's middle scores ` +
    `${middle.toFixed(3)}, one to any place in it ${anywhere.toFixed(3)}`
  );
}

async function run(data: string | undefined, options: Options): Promise<void> {
  const subject = await openSubject(options);
  const { normalisation, labels } = subject;
  const samples = await readSamples(data, subject, options);
  if (samples.length === 0) throw new RangeError("no picture has a mask that is not empty");
  const asked = options.target ?? subject.target;
  const classIndex = labels.indexOf(asked);
  if (classIndex < 0) throw new RangeError(`--target: expected one of ${labels.join(", ")}, got ${asked}`);
  const reference = referenceLine(samples);
  if (reference !== null && options.json !== true) console.log(reference);
  const progress = createProgress();
  const found: MethodFigures[] = [];
  for (const layer of options.layers?.split(",") ?? [subject.layer.replaceAll(",", "+")])
    for (const name of options.methods.split(",")) {
      const combination = { method: findMethod(name), layer };
      const judgement = await judge(subject.network, samples, combination, {
        target: classTarget(classIndex, asked),
        classIndex,
        isFound: (logits) => subject.isFound(classIndex, logits),
        baseline: normalisation.mean.map((mean, c) => -mean / (normalisation.std[c] ?? 1)),
        faithfulness: options.faithfulness,
        seed: options.seed,
        onSample: (done, total) => progress.show(`${name} at ${layer}`, done, total),
      });
      const figures = figuresOf([judgement], options.seed);
      progress.clear();
      found.push(figures);
      console.log(options.json ? JSON.stringify(figures) : figuresLine(figures));
    }
  if (options.out !== undefined) {
    await mkdir(options.out, { recursive: true });
    const of = options.phantoms === undefined ? (data ?? "") : `phantoms from seed ${options.seed}`;
    const page = evaluationPage(found, {
      model: subject.name,
      data: of,
      samples: samples.length,
      groups: new Set(samples.map(({ group }) => group)).size,
      faithfulness: Math.min(samples.length, options.faithfulness),
      remarks: reference === null ? [] : [reference],
    });
    await writeFile(join(options.out, "report.html"), page);
    await writeFile(join(options.out, "figures.json"), `${JSON.stringify(found, null, 2)}\n`);
    console.error(join(options.out, "report.html"));
  }
  process.exitCode = EXIT_DONE;
}

export function configureEvaluate(command: Command): void {
  addModelOptions(command)
    .summary("What heat maps are worth: methods and layers compared.")
    .description(
      "Faithfulness (ROAD, confidence change, insertion and deletion), sanity (shuffled weights) and localisation " +
        "(pointing game within 5 mm, energy, overlap) of maps.\n\nResearch use only. Not a medical device; never a diagnosis.",
    )
    .argument("[data]", "PHE-SICH, or a folder with images/ and masks/ of the same names")
    .option("--phantoms <n>", "judge on so many phantoms with exact masks instead", countingNumber)
    .option("--sample <n>", "pictures drawn from the data", countingNumber, 200)
    .option(
      "--faithfulness <n>",
      "of so many pictures faithfulness and sanity too (0: none)",
      wholeNumber,
      16,
    )
    .option(
      "--methods <names>",
      "separated by commas",
      "grad-cam,grad-cam++,hires-cam,xgrad-cam,layer-cam,element-wise,eigen-cam,eigen-grad-cam",
    )
    .option("--layers <names>", "separated by commas, those averaged by + (default: the package's)")
    .option("--target <class>", "the class that is explained (default: the package's)")
    .option("--seed <n>", "of the sample, the noise and the shuffled weights", wholeNumber, 1)
    .option("--out <dir>", "where report.html and figures.json are written")
    .option("--json", "print one JSON line a method and layer")
    .action(run);
}
