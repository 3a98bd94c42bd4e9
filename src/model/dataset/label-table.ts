/**
 * @file What a table of labels is once it is read, whatever its form (see `labels.ts`).
 */
import { basename } from "node:path";

import type { ImageBits } from "./image-bits.ts";

/** Why an image that the table names has no class. */
export type NoClass = "conflicting" | "incomplete" | "several classes" | "other class";

/** What was wrong with a table. Lists hold the first `MOST_LISTED`; counts are whole. */
export interface LabelProblems {
  /** Rows that say again what an earlier row said. */
  readonly repeatedRows: number;
  readonly repeatedImages: readonly string[];
  /** Images of which rows say different things; they have no class. */
  readonly conflictingImages: readonly string[];
  readonly unreadableRows: number;
  /** "line 12: …". */
  readonly unreadable: readonly string[];
}

export interface Labels {
  /** Class names by index, what is not a finding first. */
  readonly classes: readonly string[];
  /** How many images the table names. */
  readonly size: number;
  readonly problems: LabelProblems;
  images(): IterableIterator<string>;
  has(image: string): boolean;
  /** An image's class index, or why it has none. Ask `has` first. */
  classOf(image: string): number | NoClass;
  /** All that the table says of an image, 1 or 0 a finding. */
  findingsOf(image: string): Readonly<Record<string, 0 | 1>>;
}

export interface LabelOptions {
  /** Classes wanted: `normal` and subtypes. Without: `normal` and `hemorrhage` by `any`, or all that occur. */
  readonly classes?: readonly string[];
  /** Columns by name; without, the usual names are looked for. */
  readonly imageColumn?: string;
  readonly labelColumn?: string;
}

/** A number of 32 bits for each image of a table; what it says of the image, each form of table says itself. */
export abstract class TableLabels implements Labels {
  abstract readonly classes: readonly string[];
  readonly problems: LabelProblems;
  readonly #images: ImageBits;

  constructor(images: ImageBits, problems: LabelProblems) {
    this.#images = images;
    this.problems = problems;
  }

  get size(): number {
    return this.#images.size;
  }

  images(): IterableIterator<string> {
    return this.#images.names();
  }

  has(image: string): boolean {
    return this.#images.get(image) !== undefined;
  }

  abstract classOf(image: string): number | NoClass;
  abstract findingsOf(image: string): Readonly<Record<string, 0 | 1>>;

  /** Undefined for an image that the table does not name. */
  protected bitsOf(image: string): number | undefined {
    return this.#images.get(image);
  }
}

export const MOST_LISTED = 1000;

/** A table that cannot be read as labels at all. */
export class UnusableLabels extends Error {
  override readonly name = "UnusableLabels";
}

const FILE_EXTENSION = /\.(dcm|dicom|ima|jpe?g|png|tiff?)$/i;

/** The image a file's name tells: the name without folders and without an image's extension (a UID keeps its dots). */
export function imageIdOf(file: string): string {
  return basename(file.replaceAll("\\", "/")).replace(FILE_EXTENSION, "");
}

/** Collects what is wrong: counts of everything, names of the first. */
export class ProblemList implements LabelProblems {
  repeatedRows = 0;
  unreadableRows = 0;
  readonly unreadable: string[] = [];
  readonly #repeated = new Set<string>();
  readonly #conflicting = new Set<string>();

  get repeatedImages(): readonly string[] {
    return [...this.#repeated].slice(0, MOST_LISTED);
  }

  get conflictingImages(): readonly string[] {
    return [...this.#conflicting].slice(0, MOST_LISTED);
  }

  /** The same as plain data: `JSON.stringify` does not look at getters. */
  toJSON(): LabelProblems {
    const { repeatedRows, repeatedImages, conflictingImages, unreadableRows, unreadable } = this;
    return { repeatedRows, repeatedImages, conflictingImages, unreadableRows, unreadable };
  }

  repeats(image: string): void {
    this.repeatedRows += 1;
    this.#repeated.add(image);
  }

  conflicts(image: string): void {
    this.#conflicting.add(image);
  }

  cannotRead(line: number, reason: string): void {
    this.unreadableRows += 1;
    if (this.unreadable.length < MOST_LISTED) this.unreadable.push(`line ${line}: ${reason}`);
  }
}
