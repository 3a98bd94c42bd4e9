/**
 * @file Who is what: every file of a source with its image, class and split, or why it has none. Pure.
 */
import type { BrokenFile, IndexedFile } from "./file-index.ts";
import { imageIdOf } from "./label-table.ts";
import type { Labels } from "./label-table.ts";
import type { Split, SplitParts } from "./split-plan.ts";
import { planSplits } from "./split-plan.ts";

export interface AssignedFile {
  readonly file: IndexedFile;
  readonly image: string;
  readonly classIndex: number;
  readonly split: Split;
}

/** A file that gives no picture. */
export interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

export interface Assignment {
  readonly assigned: readonly AssignedFile[];
  /** Broken files and images of which there are two. */
  readonly leftOut: readonly LeftOut[];
  /** Files that no label names. */
  readonly withoutLabel: readonly string[];
  /** Images that the labels name but give no class: reason → images. */
  readonly withoutClass: ReadonlyMap<string, readonly string[]>;
  /** Images that the labels name and no file has. */
  readonly withoutFile: readonly string[];
  readonly groups: number;
}

interface Candidate {
  readonly file: IndexedFile;
  readonly image: string;
  readonly classIndex: number;
}

export function assign(
  index: readonly (IndexedFile | BrokenFile)[],
  labels: Labels,
  parts: SplitParts,
  seed: number,
): Assignment {
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  const withoutLabel: string[] = [];
  const withoutClass = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const file of index) {
    if ("reason" in file) {
      const image = imageIdOf(file.name);
      if (labels.has(image)) seen.add(image);
      leftOut.push({ file: file.name, reason: file.reason });
      continue;
    }
    const image = [imageIdOf(file.name), file.sopInstanceUid].find((name) => labels.has(name));
    if (image === undefined) {
      withoutLabel.push(file.name);
      continue;
    }
    if (seen.has(image)) {
      leftOut.push({ file: file.name, reason: `a second file of image ${image}` });
      continue;
    }
    seen.add(image);
    const classIndex = labels.classOf(image);
    if (typeof classIndex === "number") candidates.push({ file, image, classIndex });
    else {
      const images = withoutClass.get(classIndex) ?? [];
      images.push(image);
      withoutClass.set(classIndex, images);
    }
  }
  const plan = planSplits(planned(candidates), parts, seed);
  return {
    assigned: candidates.map((candidate) => ({
      ...candidate,
      split: plan.splitOf(candidate.file.patient),
    })),
    leftOut,
    withoutLabel,
    withoutClass,
    withoutFile: [...labels.images()].filter((image) => !seen.has(image)),
    groups: plan.groups,
  };
}

function* planned(
  candidates: readonly Candidate[],
): Generator<{ patient: string; study: string; classIndex: number }> {
  for (const { file, classIndex } of candidates)
    yield { patient: file.patient, study: file.study, classIndex };
}
