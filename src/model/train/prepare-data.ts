/**
 * @file Training data made ready: pictures decoded, what cannot be read left out, what is there twice found, and some
 * patients held out.
 */
import { basename } from "node:path";

import type { LabelledImage } from "./image-folder.ts";
import type { LabelledFolder } from "./labelled-folder.ts";
import { decodePictures } from "./picture-set.ts";
import type { DecodeOptions, PictureSet } from "./picture-set.ts";
import { seededRandom } from "./random.ts";
import { validationSplit } from "./split.ts";

export interface TrainingData {
  readonly labels: readonly string[];
  readonly images: readonly LabelledImage[];
  /** In the order of `images`. */
  readonly pictures: PictureSet;
  /** Places in `images`; what is in neither is left out. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

export interface PreparedData extends TrainingData {
  readonly skipped: PictureSet["unreadable"];
  /** What was left out and why, for the reader. */
  readonly notes: readonly string[];
}

export interface PrepareOptions extends DecodeOptions {
  /** Share of the pictures to hold out where the data does not say which. */
  readonly validationSplit: number;
  readonly seed: number;
  /** Do not refuse pictures that are in two classes, or in training and validation. */
  readonly allowDuplicates: boolean;
}

/** The same picture in places where it must not be; refused unless asked for. */
export class DuplicatePictures extends Error {
  override readonly name = "DuplicatePictures";
}

/** Examples that an error names; more would hide the sentence. */
const NAMED = 3;

/** Places of pictures with the same content, where there are two or more. */
function duplicatesOf(digests: readonly (string | null)[]): number[][] {
  const places = new Map<string, number[]>();
  digests.forEach((digest, i) => {
    if (digest !== null) places.set(digest, [...(places.get(digest) ?? []), i]);
  });
  return [...places.values()].filter(({ length }) => length > 1);
}

/** @throws DuplicatePictures where the pictures of a set differ in what `of` says of them */
function refuseShared(
  sets: readonly (readonly number[])[],
  images: readonly LabelledImage[],
  of: (index: number) => string,
  what: string,
): void {
  const shared = sets.filter((set) => new Set(set.map(of)).size > 1);
  if (shared.length === 0) return;
  const named = shared.slice(0, NAMED).map((set) => {
    const [first = 0] = set;
    const other = set.find((index) => of(index) !== of(first)) ?? first;
    const text = (index: number): string => `${basename(images[index]?.file ?? "")} (${of(index)})`;
    return `${text(first)} = ${text(other)}`;
  });
  const more = shared.length > NAMED ? `, and ${shared.length - NAMED} more` : "";
  throw new DuplicatePictures(
    `pictures that are in ${what}: ${shared.length} (${named.join("; ")}${more}); take them out, or allow them with --allow-duplicates`,
  );
}

/** Whole patients held out, without pictures that training has too (patients may share an empty slice). */
function splitOff(
  readable: readonly number[],
  images: readonly LabelledImage[],
  duplicates: readonly (readonly number[])[],
  { validationSplit: share, seed }: PrepareOptions,
): { readonly train: number[]; readonly validation: number[]; readonly left: number } {
  const groups = readable.map((i) => images[i]?.group ?? "");
  const classIndex = readable.map((i) => images[i]?.classIndex ?? 0);
  const chosen = validationSplit(groups, classIndex, share, seededRandom(seed));
  const held = new Set(chosen.map((i) => readable[i] ?? 0));
  const shared = new Set(duplicates.filter((set) => set.some((i) => !held.has(i))).flat());
  const validation = [...held].filter((i) => !shared.has(i));
  return { train: readable.filter((i) => !held.has(i)), validation, left: held.size - validation.length };
}

/**
 * Decode a folder's pictures and part them into training and validation.
 * @throws RangeError when a class has no readable picture to train on; DuplicatePictures
 */
export async function prepareTrainingData(
  { labels, images, parts }: LabelledFolder,
  options: PrepareOptions,
): Promise<PreparedData> {
  const pictures = await decodePictures(
    images.map(({ file }) => file),
    options,
  );
  const readable = images.flatMap((_, i) => (pictures.digests[i] === null ? [] : [i]));
  const duplicates = duplicatesOf(pictures.digests);
  const given = parts.includes("validation");
  if (!options.allowDuplicates) {
    const label = (index: number): string => labels[images[index]?.classIndex ?? 0] ?? "";
    refuseShared(duplicates, images, label, "two classes");
    if (given)
      refuseShared(duplicates, images, (index) => parts[index] ?? "train", "training and validation");
  }
  const { train, validation, left } = given
    ? {
        train: readable.filter((i) => parts[i] !== "validation"),
        validation: readable.filter((i) => parts[i] === "validation"),
        left: 0,
      }
    : splitOff(readable, images, duplicates, options);
  for (const [c, name] of labels.entries()) {
    if (!train.some((i) => images[i]?.classIndex === c)) {
      throw new RangeError(`class "${name}" has no readable picture to train on`);
    }
  }
  const notes = left > 0 ? [`${left} validation pictures left out: training has the same`] : [];
  return { labels, images, pictures, train, validation, skipped: pictures.unreadable, notes };
}
