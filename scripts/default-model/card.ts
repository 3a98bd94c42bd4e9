/**
 * @file The default model's card, from what its package says of itself and what the test exams gave.
 */
import type { Metric, ModelSpec } from "../../src/model/spec.ts";
import type { ExamResult, SliceOfExam } from "./evaluate.ts";
import { EXTRACTOR, HELD_OUT_PHANTOMS, TRAINING, TRAINING_PHANTOMS } from "./recipe.ts";

const figure = (value: number, digits = 3): string => value.toFixed(digits);

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function metricTable(metrics: readonly Metric[]): string {
  return table(
    ["Figure", "Of", "Value", "95 % interval", "Method"],
    metrics.map(({ name, of, value, interval, method }) => [
      name,
      of,
      figure(value),
      interval ? `${figure(interval[0])} to ${figure(interval[1])}` : "",
      method,
    ]),
  );
}

/** Where a figure comes from, by what it is said to be of: the test exams, data of another hospital, or training's own kind. */
export function originOf({ of }: Metric): "test" | "outside" | "own" {
  return of.startsWith("test ") ? "test" : of.startsWith("outside ") ? "outside" : "own";
}

/** Figures of the test exams as the package keeps them. */
export function examMetrics(exams: readonly ExamResult[], labelled: readonly SliceOfExam[]): Metric[] {
  return [
    ...exams.map(({ folder, truth, probability, flagged }): Metric => ({
      name: `study probability (${flagged ? "flagged" : "not flagged"})`,
      of: `test exam ${folder}, bleed: ${truth}`,
      value: probability,
      interval: null,
      method: "firstread triage",
    })),
    ...labelled.map(({ file, bleeding, probability }): Metric => ({
      name: "slice probability",
      of: `test slice rsna/labelled/${file}, ${bleeding ? "bleeding" : "not bleeding"}`,
      value: probability,
      interval: null,
      method: "firstread triage",
    })),
  ];
}

/** Markdown. */
export function defaultModelCard(
  spec: ModelSpec,
  exams: readonly ExamResult[],
  labelled: readonly SliceOfExam[],
  limits: string,
): string {
  const { preprocess: p, studyRule } = spec;
  const own = spec.metrics.filter((metric) => originOf(metric) === "own");
  const outside = spec.metrics.filter((metric) => originOf(metric) === "outside");
  const examRows = exams.map((exam) => [
    exam.folder,
    exam.truth,
    String(exam.slices),
    figure(exam.probability),
    exam.flagged ? "**flagged**" : "not flagged",
    String(exam.slicesAbove),
    figure(exam.highestSlice),
  ]);
  const labelledRows = labelled
    .toSorted((a, b) => b.probability - a.probability)
    .map(({ file, bleeding, probability }) => [file, bleeding ? "yes" : "no", figure(probability)]);
  return `# ${spec.name} ${spec.version}

**Research use only. Not a medical device; never a diagnosis.** It has seen few scanners, and it misses bleeds and
flags heads that have none. Licence of this package, apart from the code's: ${spec.licence}.

## What it does

It says of each picture of a head CT whether it shows an intracranial hemorrhage, with a map of where, and of the
study whether to read it first. Input: a non-contrast axial head CT in Hounsfield units.

1. Slices thinner than ${p.slabMm} mm are averaged to about ${p.slabMm} mm.
2. The inside of the skull is found on each; table, scalp, face and bone are blacked out. Pictures with less than
   40 cm² of brain show nothing and are not judged.
3. A field of ${p.fieldMm} mm is brought to ${p.size} × ${p.size} pixels, smoothed to one grain (at most ${p.grainHu} HU), and the
   median of brain moved to ${p.brainHu} HU (by at most ${p.largestShiftHu} HU).
4. Brain (40/80), subdural (80/200) and bone (600/2800) windows become R, G, B.
5. ${String(spec.training["networks"])} networks up to "${EXTRACTOR.layer}", all of their weights fine-tuned, each on other patients; in each a linear layer
   scores every cell of the feature maps, and the picture's logit is the log of the mean of the cells' exponentials. The
   model's logit is the mean of theirs. The map is HiResCAM of that logit (Grad-CAM without averaging its gradients), in the same graph.
6. The log-odds of slices are averaged over ${studyRule?.["spanMm"] ?? ""} mm along the patient (each limited to ± ${studyRule?.["largestLogit"] ?? ""}); the study is as
   suspicious as its most suspicious place.

Threshold ${figure(spec.threshold.value)} (study and slice), chosen ${spec.threshold.chosen}.
Probabilities come from classes weighed alike, moved so that the threshold lies near one half; they are not rates of any
hospital.

## Figures on the training data's own kind

PHE-SICH by the network that has not seen the patient, alone; phantoms that were held out by all networks together. The
threshold was chosen on these studies, so the figures at it are a little too good. The networks are as their last epoch left
them: the AUC had no say in their weights.

${metricTable(own)}

All of PHE-SICH's 94 labelled patients have a bleed in the basal ganglia, on few scanners: a high AUC here says little
about other hospitals.

## Figures on the test exams

Real DICOM of other hospitals and scanners; no part of training, nor of choosing the threshold.

${table(["Exam", "Bleed", "Slices", "Study probability", "Finding", "Slices above the threshold alone", "Highest slice"], examRows)}

Single slices with the RSNA challenge's labels:

${table(["Slice", "Bleed", "Probability"], labelledRows)}

## Figures on patients of another hospital

CT-ICH (PhysioNet, doi:10.13026/w8q8-ky94, CC BY 4.0; Hssayeni 2020): exams after an injury, as JPGs of two windows from which
HU and pixel size are reconstructed. No part of training, nor of choosing the threshold.

${metricTable(outside)}

${limits.trim()}

## Made from

- Extractor: ${String(spec.training["extractor"])}. Its licence: \`EXTRACTOR-LICENSE.txt\`.
- PHE-SICH (PHE-SICH-CT-IDS, arXiv 2308.10521, "freely published for non-commercial purpose"), 94 patients. Its
  pictures show only the brain window; HU, skull and pixel size are reconstructed (\`src/imaging/grey-to-hu.ts\`,
  \`src/model/prepare-phe-sich.ts\`). Unlabelled slices are left out; those called free of blood next to one that bleeds are
  judged but not trained on, for some show blood; black ones likewise.
- Bleeds of six kinds drawn onto PHE-SICH's slices that do not bleed, look-alikes with and without them and beside real
  blood, whole heads with contrast among them (\`scripts/default-model/drawn\`), and
  ${TRAINING_PHANTOMS.count} phantoms of this project; ${HELD_OUT_PHANTOMS.count} further phantoms for choosing the threshold.

Pictures: ${JSON.stringify(spec.training["images"])}; ${String(spec.training["patients"])} patients and phantoms; ${String(spec.training["epochs"])} epochs, batches of
${String(spec.training["batchSize"])}, Adam ${String(spec.training["learningRate"])} (backbone ${TRAINING.backboneLearningRate}), weight decay ${String(spec.training["weightDecay"])}, seed ${String(spec.training["seed"])}.

## Commands

\`\`\`sh
# everything again, from the data to the package and this card (FIRSTREAD_DATA: the folder with phe-sich, rsna, …)
node scripts/train-default-model.ts prepare --work WORK
node scripts/train-default-model.ts train --work WORK --fold 1  # and 2, 3, side by side: faster; else build trains them
node scripts/train-default-model.ts build --work WORK      # prints each epoch, the held-out figures and the threshold
node scripts/train-default-model.ts evaluate               # prints the figures of the test exams, writes this card

# one exam
npm run firstread -- triage $FIRSTREAD_DATA/rsna/study
\`\`\`
`;
}
