/**
 * @file The report of explained pictures: one HTML page with every picture, its map, its score.
 */
import type { Skipped } from "../domain/study.ts";
import type { Html } from "../model/report/html.ts";
import { figureText } from "../model/report/html.ts";
import { htmlPage, notes, part } from "../model/report/page.ts";
import { pictureGrid } from "../model/report/picture-grid.ts";
import { plainTable } from "../model/report/tables.ts";

export interface ReportedPicture {
  readonly file: string;
  /** Where it lies: its position; "" for a lone picture. */
  readonly what: string;
  readonly predicted: string;
  readonly score: number;
  readonly peak: number;
  /** `data:image/…` without and with the map. */
  readonly plain: string;
  readonly overlay: string;
}

export interface Explained {
  readonly model: string;
  readonly method: string;
  readonly target: string;
  readonly layers: readonly string[];
  readonly referencePeak: number | null;
}

/** Pictures shown large at the top: those with the highest scores. */
const LARGEST = 6;

function pairs(pictures: readonly ReportedPicture[]): Html {
  return pictureGrid(
    pictures.flatMap(({ file, what, score, peak, plain, overlay }) => [
      {
        dataUri: plain,
        caption: what || (file.split("/").at(-1) ?? file),
        note: file.split("/").at(-1) ?? "",
      },
      { dataUri: overlay, caption: `score ${figureText(score)}`, note: `peak ${figureText(peak)}` },
    ]),
  );
}

/** The whole page. */
export function explanationPage(
  pictures: readonly ReportedPicture[],
  skipped: readonly Skipped[],
  { model, method, target, layers, referencePeak }: Explained,
): Html {
  const byScore = pictures.toSorted((a, b) => b.score - a.score);
  const colour =
    referencePeak === null
      ? "Each map is coloured up to its own peak: compare the peaks, not the colours."
      : `Full colour is a peak of ${figureText(referencePeak)}, that of a clear positive in training; weaker maps stay pale.`;
  const sections = [
    {
      heading: "Highest scores",
      text: colour,
      parts: [part("", pairs(byScore.slice(0, LARGEST)), { wide: true })],
    },
    {
      heading: "Every picture",
      parts: [
        part(
          "",
          pictureGrid(
            pictures.map(({ overlay, what, file, score, peak }) => ({
              dataUri: overlay,
              caption: what || (file.split("/").at(-1) ?? file),
              note: `score ${figureText(score)}, peak ${figureText(peak)}`,
            })),
          ),
          { wide: true },
        ),
        part(
          "",
          plainTable(
            ["picture", "", "predicted", "score", "peak of the map"],
            pictures.map(({ file, what, predicted, score, peak }) => [
              file.split("/").at(-1) ?? file,
              { text: what, kind: "quiet" as const },
              { text: predicted, kind: "said" as const },
              { text: figureText(score), kind: "value" as const },
              figureText(peak),
            ]),
          ),
          { wide: true },
        ),
      ],
    },
    ...(skipped.length > 0
      ? [
          {
            heading: "Could not be used",
            parts: [notes(skipped.map(({ file, reason }) => `${file}: ${reason}`))],
          },
        ]
      : []),
  ];
  return htmlPage({
    title: "Where the network looked",
    subtitle: `${model}; ${method} at ${layers.join(", ")}; target: ${target}; ${pictures.length} pictures`,
    sections,
  });
}
