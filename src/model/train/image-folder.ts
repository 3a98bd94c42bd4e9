/**
 * @file Training data: a folder with one sub-folder a class, each with JPG or PNG pictures of the three windows.
 */
import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";

/** A picture, its class and whom it belongs to. */
export interface LabelledImage {
  readonly file: string;
  readonly classIndex: number;
  /** The patient: pictures of one group are never on both sides of a split. */
  readonly group: string;
}

export interface ImageFolder {
  /** Sorted, except that "normal" and "negative" come first: class names by index. */
  readonly labels: readonly string[];
  readonly images: readonly LabelledImage[];
  /** Folders without any picture. */
  readonly emptyClasses?: readonly string[];
}

const IMAGE_EXTENSIONS = [".jpg", ".jpeg", ".png"];

/** The group of a file: the text before its name's last "_"; the whole name where there is none. */
export const DEFAULT_GROUP = /^(.*)_[^_]*$/;

/**
 * The group a file's name gives: the pattern's first capture, or its whole match; the name where nothing matches.
 */
export function groupOf(file: string, pattern: RegExp): string {
  const name = basename(file, extname(file));
  const match = pattern.exec(name);
  return match?.[1] ?? match?.[0] ?? name;
}

/** Sorts classes by name, what is not a finding first. */
export function classOrder(a: string, b: string): number {
  const negative = (label: string): number => (/^(normal|negative|none|0)$/i.test(label) ? 0 : 1);
  return negative(a) - negative(b) || (a < b ? -1 : 1);
}

/**
 * List a folder of class folders. The order depends on names only.
 * @throws RangeError when there are fewer than two classes with pictures
 */
export async function readImageFolder(dir: string, groupBy: RegExp = DEFAULT_GROUP): Promise<ImageFolder> {
  const entries = await readdir(dir, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const classes: { label: string; files: string[] }[] = [];
  const emptyClasses: string[] = [];
  for (const { name: label } of folders) {
    const names = await readdir(join(dir, label));
    const files = names.filter((name) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase())).sort();
    if (files.length === 0) emptyClasses.push(label);
    else classes.push({ label, files: files.map((name) => join(dir, label, name)) });
  }
  if (classes.length < 2) {
    throw new RangeError(
      `${dir}: expected a sub-folder of .jpg or .png pictures for each of two or more classes, ` +
        `found ${classes.length === 0 ? "none" : `only "${classes[0]?.label ?? ""}"`}`,
    );
  }
  classes.sort((a, b) => classOrder(a.label, b.label));
  const images = classes.flatMap(({ files }, classIndex) =>
    files.map((file) => ({ file, classIndex, group: groupOf(file, groupBy) })),
  );
  return { labels: classes.map(({ label }) => label), images, emptyClasses };
}
