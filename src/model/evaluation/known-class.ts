/**
 * @file What a table of labels says of the images that are there, and what does not fit together: images without a
 * label, labels without an image, and labels that are no class.
 */
import type { Labels } from "../dataset/label-table.ts";

/** Names that are listed; counts are whole. */
export const MOST_LISTED = 1000;

/** Names of a kind: how many there are, and the first of them. */
export interface Listed {
  readonly count: number;
  readonly names: readonly string[];
}

/** What the table and the images do not agree on, and what the table contradicts itself in. */
export interface LabelReport {
  readonly table: string;
  readonly images: number;
  readonly withoutLabel: Listed;
  readonly withoutImage: Listed;
  readonly conflicting: Listed;
  readonly incomplete: Listed;
  /** Their label is none of the classes that are judged. */
  readonly otherClass: Listed;
  readonly repeated: Listed;
  readonly unreadableRows: Listed;
}

const listed = (names: readonly string[], count = names.length): Listed => ({
  count,
  names: names.slice(0, MOST_LISTED),
});

/**
 * Compare a table with the images that are there.
 * @param images each by the names it may go by in the table: its file's, its SOP Instance UID
 */
export function compareLabels(
  table: string,
  labels: Labels,
  images: readonly (readonly string[])[],
): LabelReport {
  const seen = new Set<string>();
  const withoutLabel: string[] = [];
  for (const names of images) {
    const known = names.find((name) => labels.has(name));
    if (known === undefined) withoutLabel.push(names[0] ?? "");
    else seen.add(known);
  }
  const withoutImage: string[] = [];
  const incomplete: string[] = [];
  const otherClass: string[] = [];
  for (const image of labels.images()) {
    if (!seen.has(image)) withoutImage.push(image);
    const known = labels.classOf(image);
    if (known === "incomplete") incomplete.push(image);
    if (known === "other class" || known === "several classes") otherClass.push(image);
  }
  const { conflictingImages, repeatedImages, repeatedRows, unreadable, unreadableRows } = labels.problems;
  return {
    table,
    images: labels.size,
    withoutLabel: listed(withoutLabel),
    withoutImage: listed(withoutImage),
    conflicting: listed(conflictingImages),
    incomplete: listed(incomplete),
    otherClass: listed(otherClass),
    repeated: listed(repeatedImages, repeatedRows),
    unreadableRows: listed(unreadable, unreadableRows),
  };
}

/** The report in sentences, one a kind of trouble; none where all fits. */
export function describeLabels(report: LabelReport, most = 5): string[] {
  const sentence = ({ count, names }: Listed, what: string): string[] => {
    if (count === 0) return [];
    const more = names.length > most ? " …" : "";
    return [`${count} ${what}: ${names.slice(0, most).join(", ")}${more}`];
  };
  return [
    ...sentence(report.withoutLabel, "images without a label, not judged"),
    ...sentence(report.withoutImage, "labels without an image"),
    ...sentence(report.conflicting, "images with contradicting labels, not judged"),
    ...sentence(report.incomplete, "images whose label is incomplete, not judged"),
    ...sentence(report.otherClass, "images of other classes, not judged"),
    ...sentence(report.repeated, "rows that repeat an earlier one, counted once"),
    ...sentence(report.unreadableRows, "rows that cannot be read"),
  ];
}
