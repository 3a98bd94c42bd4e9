/**
 * @file What a source of instances holds, in one pass: headers of all files, the digest of every file's pixels, the Hounsfield
 * units of a sample. Plain data; `explore-page.ts` draws it.
 */
import type { InstanceHeader } from "../../dicom/instance.ts";
import type { LeftOut } from "./assignment.ts";
import { DuplicateFinder } from "./duplicates.ts";
import type { Duplicates } from "./duplicates.ts";
import type { DatasetSource, SourceFile } from "./ends.ts";
import { HuHistogram } from "./hu-histogram.ts";
import type { HuCounts } from "./hu-histogram.ts";
import type { InstanceLook, LookOrder } from "./instance-worker.ts";
import { imageIdOf } from "./label-table.ts";
import type { LabelProblems, Labels } from "./label-table.ts";
import { lookAtFiles } from "./look-at-files.ts";
import { Tally } from "./tally.ts";
import type { Counts } from "./tally.ts";

/** An image of which a sample is shown. */
export interface SampleImage {
  readonly file: SourceFile;
  readonly label: string;
}

export interface Exploration {
  readonly source: string;
  readonly files: number;
  readonly bytes: number;
  readonly images: number;
  readonly broken: readonly LeftOut[];
  readonly patients: number;
  readonly studies: number;
  readonly series: number;
  /** Empty without labels. */
  readonly classes: Counts;
  readonly findings: Counts;
  readonly withoutLabel: number;
  readonly withoutFile: number;
  readonly withoutClass: Counts;
  readonly labelProblems: LabelProblems | null;
  readonly slicesPerStudy: Counts;
  readonly sizes: Counts;
  readonly pixelSpacingsMm: Counts;
  readonly sliceThicknessesMm: Counts;
  readonly manufacturers: Counts;
  readonly modalities: Counts;
  readonly transferSyntaxes: Counts;
  readonly storedFormats: Counts;
  readonly duplicates: Duplicates;
  /** Of the sampled images of each class; "no class" for those without. */
  readonly hu: Readonly<Record<string, HuCounts>>;
  readonly sampled: number;
}

export interface ExploreOptions {
  readonly labels: Labels | null;
  /** Images whose pixels are decoded, spread evenly. */
  readonly sample: number;
  /** Pictures shown of each class. */
  readonly shown: number;
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
}

const INSTANCE_WORKER = new URL("./instance-worker.ts", import.meta.url);

/** The class of images that have none. */
export const UNLABELLED = "no class";

/** Look at every one of `files` once. Gives what was found, and which images to show. */
export async function exploreSource(
  source: DatasetSource,
  files: readonly SourceFile[],
  options: ExploreOptions,
): Promise<{ readonly exploration: Exploration; readonly shown: readonly SampleImage[] }> {
  const explorer = new Explorer(options);
  const every = Math.max(1, Math.floor(files.length / Math.max(1, options.sample)));
  const looking = {
    ...{ worker: INSTANCE_WORKER, threads: options.threads, onProgress: options.onProgress },
    orderOf: (index: number): LookOrder => ({ isSampled: index % every === 0 }),
  };
  for await (const looked of lookAtFiles<LookOrder, InstanceLook>(source, files, looking)) {
    if ("reason" in looked) explorer.broken(looked.file, looked.reason);
    else explorer.add(looked.file, looked.result);
  }
  return { exploration: explorer.result(source.uri, files), shown: explorer.shown };
}

const unknown = (text: string): string => (text === "" ? "not said" : text);
const millimetres = (value: number | null): string => (value === null ? "not said" : value.toFixed(2));

class Explorer {
  readonly shown: SampleImage[] = [];
  readonly #options: ExploreOptions;
  readonly #broken: LeftOut[] = [];
  readonly #patients = new Set<string>();
  readonly #series = new Set<string>();
  readonly #seenImages = new Set<string>();
  readonly #duplicates = new DuplicateFinder();
  readonly #hu = new Map<string, HuHistogram>();
  readonly #tallies = {
    classes: new Tally(),
    findings: new Tally(),
    withoutClass: new Tally(),
    studies: new Tally(),
    sizes: new Tally(),
    pixelSpacingsMm: new Tally(),
    sliceThicknessesMm: new Tally(),
    manufacturers: new Tally(),
    modalities: new Tally(),
    transferSyntaxes: new Tally(),
    storedFormats: new Tally(),
  };
  #images = 0;
  #withoutLabel = 0;
  #sampled = 0;

  constructor(options: ExploreOptions) {
    this.#options = options;
  }

  broken({ name }: SourceFile, reason: string): void {
    this.#broken.push({ file: name, reason });
  }

  add(file: SourceFile, { header, digest, hu }: InstanceLook): void {
    const label = this.#labelOf(file, header);
    if (digest !== null) this.#duplicates.add(digest, file.name, header.patient.id);
    if (hu !== null) this.#sample(file, hu, label ?? UNLABELLED);
    this.#countHeader(header);
    this.#images += 1;
    if (label !== null) this.#tallies.classes.add(label);
  }

  /** The class's name; null for an image without one. */
  #labelOf(file: SourceFile, header: InstanceHeader): string | null {
    const { labels } = this.#options;
    if (labels === null) return null;
    const image = [imageIdOf(file.name), header.sopInstanceUid].find((name) => labels.has(name));
    if (image === undefined) {
      this.#withoutLabel += 1;
      return null;
    }
    this.#seenImages.add(image);
    for (const [finding, value] of Object.entries(labels.findingsOf(image)))
      if (value === 1) this.#tallies.findings.add(finding);
    const classIndex = labels.classOf(image);
    if (typeof classIndex === "number") return labels.classes[classIndex] ?? null;
    this.#tallies.withoutClass.add(classIndex);
    return null;
  }

  #countHeader(header: InstanceHeader): void {
    const tallies = this.#tallies;
    this.#patients.add(header.patient.id);
    this.#series.add(header.seriesInstanceUid);
    tallies.studies.add(header.studyInstanceUid);
    tallies.sizes.add(`${header.rows} × ${header.columns}`);
    const [rowMm, columnMm] = header.pixelSpacingMm ?? [null, null];
    const isSquare = rowMm === columnMm;
    tallies.pixelSpacingsMm.add(
      isSquare ? millimetres(rowMm) : `${millimetres(rowMm)} × ${millimetres(columnMm)}`,
    );
    tallies.sliceThicknessesMm.add(millimetres(header.sliceThicknessMm));
    tallies.manufacturers.add(unknown(header.manufacturer));
    tallies.modalities.add(unknown(header.modality));
    tallies.transferSyntaxes.add(header.transferSyntaxUid);
    const sign = header.pixelRepresentation === 1 ? "signed" : "unsigned";
    tallies.storedFormats.add(
      `${header.bitsStored} bits ${sign}, intercept ${header.rescaleIntercept ?? "none"}`,
    );
  }

  #sample(file: SourceFile, slices: readonly Int16Array[], label: string): void {
    const histogram = this.#hu.get(label) ?? new HuHistogram();
    for (const hu of slices) histogram.add(hu);
    this.#hu.set(label, histogram);
    this.#sampled += 1;
    const already = this.shown.filter((image) => image.label === label).length;
    if (already < this.#options.shown) this.shown.push({ file, label });
  }

  result(source: string, files: readonly SourceFile[]): Exploration {
    const { studies, ...tallies } = this.#tallies;
    const perStudy = new Tally();
    for (const slices of studies.values()) perStudy.add(String(slices));
    const { labels } = this.#options;
    const counted = Object.fromEntries(
      Object.entries(tallies).map(([name, tally]) => [name, tally.counts()]),
    ) as Record<keyof typeof tallies, Counts>;
    return {
      source,
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      images: this.#images,
      broken: this.#broken,
      patients: this.#patients.size,
      studies: studies.size,
      series: this.#series.size,
      ...counted,
      withoutLabel: this.#withoutLabel,
      withoutFile: labels === null ? 0 : labels.size - this.#seenImages.size,
      labelProblems: labels === null ? null : labels.problems,
      slicesPerStudy: perStudy.counts(),
      duplicates: this.#duplicates.result(),
      hu: Object.fromEntries([...this.#hu].map(([label, histogram]) => [label, histogram.counts()])),
      sampled: this.#sampled,
    };
  }
}
