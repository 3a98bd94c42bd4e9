/**
 * @file The page of `dataset explore`: counts as bars, samples through each window, HU histograms, and what is odd.
 */
import sharp from "sharp";

import { HEAD_CT_WINDOWS } from "../../domain/slice.ts";
import type { Window } from "../../domain/slice.ts";
import type { Html } from "../report/html.ts";
import { lineChart } from "../report/line-chart.ts";
import { htmlPage, notes, part } from "../report/page.ts";
import type { Section } from "../report/page.ts";
import { pictureGrid } from "../report/picture-grid.ts";
import type { CaptionedPicture } from "../report/picture-grid.ts";
import { wordTable } from "../report/tables.ts";
import type { DatasetSource } from "./ends.ts";
import { bars, grouped, MOST_ROWS } from "./explore-charts.ts";
import { UNLABELLED } from "./explore.ts";
import type { Exploration, SampleImage } from "./explore.ts";
import { PictureMaker } from "./picture.ts";
import type { PictureSpec } from "./picture.ts";
import type { Counts } from "./tally.ts";

/** Side of a sample picture, in pixels. */
const SAMPLE_SIZE = 192;
const WINDOW_NAMES = ["Brain", "Subdural", "Bone"];
const CHANNELS = ["red", "green", "blue"] as const;

const SAMPLE: PictureSpec = {
  windows: HEAD_CT_WINDOWS,
  ...{ windowFunction: "linear", size: SAMPLE_SIZE, crop: "none", format: "png", quality: 90 },
};

/** A sample's picture in each of the three windows. */
export interface ShownSample {
  readonly label: string;
  readonly name: string;
  readonly windows: readonly string[];
}

/** Read the samples again and draw them. Those that cannot be drawn are left out: they are listed as broken. */
export async function drawSamples(
  source: DatasetSource,
  samples: readonly SampleImage[],
): Promise<readonly ShownSample[]> {
  const maker = new PictureMaker(SAMPLE);
  const drawn: ShownSample[] = [];
  for (const { file, label } of samples) {
    const picture = await maker.make(await source.read(file)).catch(() => null);
    if (picture === null) continue;
    const windows = await Promise.all(
      CHANNELS.map(async (channel) => {
        const grey = await sharp(picture.bytes).extractChannel(channel).jpeg({ quality: 85 }).toBuffer();
        return `data:image/jpeg;base64,${grey.toString("base64")}`;
      }),
    );
    drawn.push({ label, name: file.name.split("/").at(-1) ?? "", windows });
  }
  return drawn;
}

/** The whole page. */
export function explorePage(exploration: Exploration, samples: readonly ShownSample[]): Html {
  const { images, patients, studies, bytes, files } = exploration;
  return htmlPage({
    title: "What the data holds",
    subtitle: `${exploration.source}: ${grouped(images)} images, ${grouped(studies)} studies, ${grouped(patients)} patients, ${grouped(files)} files, ${(bytes / 1e9).toFixed(2)} GB`,
    sections: [
      ...classSection(exploration),
      ...sampleSections(samples),
      huSection(exploration),
      acquisitionSection(exploration),
      oddSection(exploration),
    ],
  });
}

/** By number where values are numbers, so that a histogram reads from left to right. */
function byValue(counts: Counts): Counts {
  return counts.toSorted(([a], [b]) => parseFloat(a) - parseFloat(b));
}

function classSection({
  classes,
  findings,
  images,
  withoutLabel,
  withoutFile,
  withoutClass,
}: Exploration): Section[] {
  if (classes.length === 0) return [];
  const remarks = [
    `${grouped(withoutLabel)} images have no label, ${grouped(withoutFile)} labels have no image.`,
    ...withoutClass.map(([reason, count]) => `${grouped(count)} images have no class: ${reason}.`),
  ];
  return [
    {
      heading: "Classes",
      parts: [
        part("Images by class", bars(classes, "images", images)),
        part("Images by finding", bars(findings, "images", images)),
        part("", notes(remarks), { wide: true }),
      ],
    },
  ];
}

function sampleSections(samples: readonly ShownSample[]): Section[] {
  const labels = [...new Set(samples.map(({ label }) => label))];
  return labels.map((label) => ({
    heading: label === UNLABELLED ? "Samples" : `Samples: ${label}`,
    parts: HEAD_CT_WINDOWS.map((window, channel) => {
      const pictures = samples
        .filter((sample) => sample.label === label)
        .map(({ name, windows }): CaptionedPicture => ({ dataUri: windows[channel] ?? "", caption: name }));
      return part(windowTitle(window, channel), pictureGrid(pictures), { wide: true });
    }),
  }));
}

const windowTitle = ({ centerHu, widthHu }: Window, channel: number): string =>
  `${WINDOW_NAMES[channel] ?? ""} window, centre ${centerHu} HU, width ${widthHu} HU`;

function huSection({ hu, sampled }: Exploration): Section {
  const series = (range: "whole" | "brain"): Html =>
    lineChart({
      xLabel: "Hounsfield units",
      yLabel: "share of all pixels, %",
      series: Object.entries(hu).map(([name, counts]) => ({
        name,
        points: counts[range].map(([value, share]): [number, number] => [
          value,
          share > 0 ? 100 * share : NaN,
        ]),
      })),
      yScale: range === "whole" ? "log" : "linear",
    });
  return {
    heading: "Hounsfield units",
    text: `Of ${grouped(sampled)} images, spread evenly over the files. Values below −1024 HU count as air.`,
    parts: [part("Brain, CSF and blood", series("brain")), part("Everything", series("whole"))],
  };
}

function acquisitionSection(exploration: Exploration): Section {
  const { images, studies } = exploration;
  return {
    heading: "How it was acquired",
    parts: [
      part("Size", bars(exploration.sizes, "images", images)),
      part("Pixel spacing, mm", bars(byValue(exploration.pixelSpacingsMm), "images", images)),
      part("Slice thickness, mm", bars(byValue(exploration.sliceThicknessesMm), "images", images)),
      part("Slices a study", bars(byValue(exploration.slicesPerStudy), "studies", studies)),
      part("Manufacturer", bars(exploration.manufacturers, "images", images)),
      part("Modality", bars(exploration.modalities, "images", images)),
      part("Transfer syntax", bars(exploration.transferSyntaxes, "images", images)),
      part("Stored format", bars(exploration.storedFormats, "images", images)),
    ],
  };
}

function oddSection({ broken, duplicates, labelProblems }: Exploration): Section {
  const { files, acrossPatients, pairs } = duplicates;
  const remarks = [
    `${grouped(broken.length)} files cannot be read.`,
    `${grouped(files)} files have the same pixels as another; in ${grouped(acrossPatients)} of them the other belongs to another patient, and a split by patient would not keep them together.`,
    ...(labelProblems
      ? [
          `${grouped(labelProblems.repeatedRows)} label rows stand twice, ${labelProblems.conflictingImages.length} images have contradicting labels, ${grouped(labelProblems.unreadableRows)} rows cannot be read.`,
        ]
      : []),
  ];
  const brokenRows = broken.slice(0, MOST_ROWS).map(({ file, reason }) => [file, reason]);
  const pairRows = pairs
    .slice(0, MOST_ROWS)
    .map(({ first, second, acrossPatients: across }) => [
      first,
      second,
      across ? "different patients" : "same patient",
    ]);
  return {
    heading: "What is odd",
    parts: [
      part("", notes(remarks), { wide: true }),
      ...(brokenRows.length > 0
        ? [part("Broken files", wordTable(["file", "reason"], brokenRows), { wide: true })]
        : []),
      ...(pairRows.length > 0
        ? [part("Same pixels", wordTable(["file", "is the same as", ""], pairRows), { wide: true })]
        : []),
    ],
  };
}
