/**
 * @file The report of a training, `report.html` in the package: how it went epoch by epoch, and what the model says of
 * pictures it was not trained on.
 */
import { evaluationSections } from "../report/evaluation-sections.ts";
import { lineChart } from "../report/line-chart.ts";
import type { Series } from "../report/line-chart.ts";
import { htmlPage, notes, part } from "../report/page.ts";
import type { Section } from "../report/page.ts";
import { pictureDataUri } from "../report/picture.ts";
import { plainTable } from "../report/tables.ts";
import type { EpochRecord } from "./epoch.ts";
import { describeHeldOut } from "./held-out.ts";
import type { TrainedPackage } from "./train.ts";

type Curve = Exclude<keyof EpochRecord, "epoch">;

/** One figure of every epoch; gaps where it is not known. */
function series(history: readonly EpochRecord[], name: string, of: Curve, dashed = false): Series[] {
  if (history.every((record) => record[of] === null)) return [];
  return [{ name, dashed, points: history.map((record) => [record.epoch, record[of] ?? NaN] as const) }];
}

function curves({ history, epoch, heldOut, parts }: TrainedPackage): Section {
  const positive = parts.spec.positive;
  const isKept = history.length > 1 && heldOut?.folds === 0;
  const mark = isKept ? { mark: { x: epoch, label: `kept: epoch ${epoch}` } } : {};
  const chart = (yLabel: string, own: Curve, held: Curve) =>
    lineChart({
      xLabel: "epoch",
      yLabel,
      series: [...series(history, "training", own), ...series(history, "validation", held, true)],
      ...mark,
    });
  const rate = lineChart({
    xLabel: "epoch",
    yLabel: "learning rate of the new layer",
    series: series(history, "learning rate", "learningRate"),
  });
  return {
    heading: "Training",
    text:
      "Training figures are of the pictures as they were shown, changed ones among them, while the weights moved; " +
      "validation figures of pictures as they are, after each epoch.",
    parts: [
      part("Loss", chart("cross-entropy", "loss", "validationLoss")),
      part("Accuracy", chart("accuracy", "accuracy", "validationAccuracy")),
      part(`AUC of ${positive}`, chart("AUC", "auc", "validationAuc")),
      part("Learning rate", rate),
    ],
  };
}

/** Entries as rows; those of an inner object each have one of their own. */
function rowsOf(entries: object, before = ""): string[][] {
  return Object.entries(entries).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? rowsOf(value, `${before}${key}: `)
      : [[`${before}${key}`, String(value)]],
  );
}

function recipeSection({ parts }: TrainedPackage, remarks: readonly string[]): Section {
  const { how: _how, extractorDigest: _digest, ...recipe } = parts.spec.training;
  return {
    heading: "How it was made",
    parts: [
      part("Data and hyperparameters", plainTable(["", ""], rowsOf(recipe)), { wide: true }),
      ...(remarks.length > 0 ? [part("Left out", notes(remarks), { wide: true })] : []),
    ],
  };
}

/**
 * The page as HTML.
 * @param remarks what of the data was left out
 */
export async function trainingReport(trained: TrainedPackage, remarks: readonly string[]): Promise<string> {
  const { parts, heldOut } = trained;
  const { spec, labels } = parts;
  const judged = heldOut
    ? await evaluationSections(
        {
          unit: "pictures",
          labels,
          positive: labels.indexOf(spec.positive),
          threshold: spec.threshold.value,
          cases: heldOut.pictures,
        },
        {
          heading: "Held-out patients",
          text: `Of ${describeHeldOut(heldOut)}.`,
          picture: ({ file }) => pictureDataUri(file),
        },
      )
    : [];
  return htmlPage({
    title: `${spec.name} ${spec.version}: training`,
    subtitle: `Classes ${labels.join(", ")}. ${String(spec.training["how"])}`,
    sections: [curves(trained), ...judged, recipeSection(trained, remarks)],
  });
}
