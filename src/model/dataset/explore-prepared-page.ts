/**
 * @file The page of `dataset explore` for a prepared set: classes and splits as bars, samples, leaks, and what is odd.
 */
import sharp from "sharp";

import type { Html } from "../report/html.ts";
import { htmlPage, notes, part } from "../report/page.ts";
import type { Section } from "../report/page.ts";
import { pictureGrid } from "../report/picture-grid.ts";
import type { CaptionedPicture } from "../report/picture-grid.ts";
import { plainTable, wordTable } from "../report/tables.ts";
import type { DatasetSource } from "./ends.ts";
import { bars, grouped, MOST_ROWS } from "./explore-charts.ts";
import type { PreparedExploration, ShownPicture } from "./explore-prepared.ts";
import { NO_SPLIT } from "./prepared-files.ts";
import type { Counts } from "./tally.ts";

/** Side of a sample, in pixels. */
const SAMPLE_SIZE = 224;

/** A sample as it stands in the page. */
export interface DrawnPicture {
  readonly split: string;
  readonly label: string;
  readonly name: string;
  readonly dataUri: string;
}

/** Read the samples again and make them small. Those that cannot be read are left out: they are listed as broken. */
export async function drawPictures(
  source: DatasetSource,
  shown: readonly ShownPicture[],
): Promise<readonly DrawnPicture[]> {
  const drawn: DrawnPicture[] = [];
  for (const { file, split, label } of shown) {
    const small = await sharp(await source.read(file))
      .resize(SAMPLE_SIZE, SAMPLE_SIZE, { fit: "inside" })
      .jpeg({ quality: 85 })
      .toBuffer()
      .catch(() => null);
    if (small === null) continue;
    const name = file.name.split("/").at(-1) ?? "";
    drawn.push({ split, label, name, dataUri: `data:image/jpeg;base64,${small.toString("base64")}` });
  }
  return drawn;
}

/** The whole page. */
export function preparedPage(exploration: PreparedExploration, samples: readonly DrawnPicture[]): Html {
  const { source, images, patients, studies, bytes, files } = exploration;
  const whose = [
    ...(studies === null ? [] : [`${grouped(studies)} studies`]),
    ...(patients === null ? [] : [`${grouped(patients)} patients`]),
  ];
  const held = [`${grouped(images)} pictures`, ...whose, `${grouped(files)} files`];
  return htmlPage({
    title: "What the training set holds",
    subtitle: `${source}: ${held.join(", ")}, ${(bytes / 1e9).toFixed(2)} GB`,
    sections: [
      countSection(exploration),
      leakSection(exploration),
      ...sampleSections(samples),
      pictureSection(exploration),
      ...oddSections(exploration),
    ],
  });
}

const splitName = (split: string): string => (split === NO_SPLIT ? "no split" : split);

function summed(counts: readonly (readonly [name: string, count: number])[]): Counts {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums];
}

function countSection({ counts, findings, images }: PreparedExploration): Section {
  const classes = summed(counts.map(({ label, images: own }) => [label, own]));
  const splits = summed(counts.map(({ split, images: own }) => [splitName(split), own]));
  const rows = counts.map(({ split, label, images: own, patients }) => {
    const whole = counts
      .filter((count) => count.split === split)
      .reduce((sum, count) => sum + count.images, 0);
    const share = `${((100 * own) / whole).toFixed(1)} %`;
    return [
      splitName(split),
      label,
      grouped(own),
      share,
      patients === null ? "not known" : grouped(patients),
    ];
  });
  return {
    heading: "Classes and splits",
    parts: [
      part("Pictures by class", bars(classes, "pictures", images)),
      part("Pictures by split", bars(splits, "pictures", images)),
      part("", plainTable(["split", "class", "pictures", "of the split", "patients"], rows), { wide: true }),
      ...(findings.length > 0 ? [part("Pictures by finding", bars(findings, "pictures", images))] : []),
    ],
  };
}

function leakSection({ leaks, patients, counts }: PreparedExploration): Section {
  const { tornPatients, torn, twins, twinsAcrossSplits, twinsAcrossClasses, pairs } = leaks;
  const hasSplits = new Set(counts.map(({ split }) => split)).size > 1;
  const remarks = [
    ...(hasSplits ? [] : ["The set has no splits, so nothing can leak between them."]),
    patients === null
      ? "Nothing tells whose a picture is: there is no manifest. Give --group-by to find patients in names."
      : `${grouped(tornPatients)} patients have pictures in more than one split.`,
    `${grouped(twins)} pictures show exactly what another shows; ${grouped(twinsAcrossSplits)} of them in another split, ${grouped(twinsAcrossClasses)} in another class.`,
  ];
  const tornRows = torn
    .slice(0, MOST_ROWS)
    .map(({ patient, splits, files }) => [patient, splits.map(splitName).join(", "), files.join(", ")]);
  const pairRows = pairs.slice(0, MOST_ROWS).map(({ first, second, acrossSplits, acrossClasses }) => {
    const where = [...(acrossSplits ? ["another split"] : []), ...(acrossClasses ? ["another class"] : [])];
    return [first, second, where.join(", ")];
  });
  return {
    heading: "Leaks",
    text: "What a network has seen in training says nothing about what it has learned.",
    parts: [
      part("", notes(remarks), { wide: true }),
      ...(tornRows.length > 0
        ? [
            part("Patients in several splits", wordTable(["patient", "splits", "for example"], tornRows), {
              wide: true,
            }),
          ]
        : []),
      ...(pairRows.length > 0
        ? [
            part("The same picture", wordTable(["file", "shows the same as", "in"], pairRows), {
              wide: true,
            }),
          ]
        : []),
    ],
  };
}

function sampleSections(samples: readonly DrawnPicture[]): Section[] {
  const labels = [...new Set(samples.map(({ label }) => label))];
  return labels.map((label) => {
    const own = samples.filter((sample) => sample.label === label);
    const splits = [...new Set(own.map(({ split }) => split))];
    return {
      heading: `Samples: ${label}`,
      parts: splits.map((split) => {
        const pictures = own
          .filter((sample) => sample.split === split)
          .map(({ name, dataUri }): CaptionedPicture => ({ dataUri, caption: name }));
        return part(split === NO_SPLIT ? "" : split, pictureGrid(pictures), { wide: true });
      }),
    };
  });
}

function pictureSection({ sizes, formats, images }: PreparedExploration): Section {
  return {
    heading: "The pictures",
    parts: [part("Size", bars(sizes, "pictures", images)), part("Format", bars(formats, "pictures", images))],
  };
}

/** None when nothing is odd. */
function oddSections({ broken, manifest }: PreparedExploration): Section[] {
  const brokenRows = broken.slice(0, MOST_ROWS).map(({ file, reason }) => [file, reason]);
  const differing = manifest
    ? [
        ...manifest.missing.map((file) => [file, "in the manifest, not there"]),
        ...manifest.unlisted.map((file) => [file, "there, not in the manifest"]),
        ...manifest.altered.map((file) => [file, "other bytes than the manifest says"]),
      ].slice(0, MOST_ROWS)
    : [];
  if (brokenRows.length + differing.length === 0) return [];
  const { missing, unlisted, altered } = manifest?.counts ?? { missing: 0, unlisted: 0, altered: 0 };
  const remarks = [
    `${grouped(broken.length)} pictures cannot be read.`,
    ...(manifest
      ? [
          `Of the manifest's ${grouped(manifest.entries)} pictures ${grouped(missing)} are not there; ${grouped(unlisted)} pictures are not in it, ${grouped(altered)} have other bytes than it says.`,
        ]
      : []),
  ];
  return [
    {
      heading: "What is odd",
      parts: [
        part("", notes(remarks), { wide: true }),
        ...(brokenRows.length > 0
          ? [part("Broken pictures", wordTable(["file", "reason"], brokenRows), { wide: true })]
          : []),
        ...(differing.length > 0
          ? [part("Pictures and manifest", wordTable(["file", ""], differing), { wide: true })]
          : []),
      ],
    },
  ];
}
