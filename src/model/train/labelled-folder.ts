/**
 * @file Training data on disk: class folders, or a folder with `labels.csv` (columns `file`, `label`, and where there
 * are any `patient` or `group`, and `split`).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { csvValues } from "../dataset/csv.ts";
import { DEFAULT_GROUP, classOrder, groupOf, readImageFolder } from "./image-folder.ts";
import type { ImageFolder, LabelledImage } from "./image-folder.ts";

/** What a picture is for. */
export type Part = "train" | "validation";

export interface LabelledFolder extends ImageFolder {
  /** In the order of `images`; null where the data does not say. */
  readonly parts: readonly (Part | null)[];
}

/** Values of the column `split`. Others, "test" above all, are left out of the training. */
const PARTS: Readonly<Record<string, Part>> = {
  train: "train",
  training: "train",
  validation: "validation",
  valid: "validation",
  val: "validation",
};

/** Columns that name the patient, the first that is there. */
const GROUP_COLUMNS = ["patient", "group"];

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** A table whose first line names its columns. @throws RangeError naming the line that is not as expected */
function parseTable(text: string, file: string): Table {
  const [header = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const columns = csvValues(header).map((name) => name.toLowerCase());
  if (!columns.includes("file") || !columns.includes("label")) {
    throw new RangeError(`${file}: expected the columns file and label, line 1 has "${header}"`);
  }
  const rows = lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const values = csvValues(line);
    if (values.length !== columns.length) {
      throw new RangeError(
        `${file}, line ${index + 2}: expected ${columns.length} values, got ${values.length}`,
      );
    }
    return [Object.fromEntries(columns.map((name, i) => [name, values[i] ?? ""]))];
  });
  return { columns, rows };
}

/** The rows of `labels.csv` as pictures. */
function fromTable({ columns, rows }: Table, dir: string, groupBy: string | undefined): LabelledFolder {
  const asked = groupBy?.toLowerCase();
  const column = [asked ?? "", ...(asked === undefined ? GROUP_COLUMNS : [])].find((name) =>
    columns.includes(name),
  );
  const pattern = groupBy === undefined || column !== undefined ? DEFAULT_GROUP : new RegExp(groupBy);
  const labelled = rows.filter((row) => row["label"] !== "");
  const labels = [...new Set(labelled.map((row) => row["label"] ?? ""))].sort(classOrder);
  const hasSplit = columns.includes("split");
  const images: LabelledImage[] = [];
  const parts: (Part | null)[] = [];
  for (const row of labelled) {
    const name = row["file"] ?? "";
    const part = hasSplit ? PARTS[(row["split"] ?? "").toLowerCase()] : null;
    if (part === undefined) continue;
    const group = column === undefined ? groupOf(name, pattern) : (row[column] ?? "");
    images.push({ file: join(dir, name), classIndex: labels.indexOf(row["label"] ?? ""), group });
    parts.push(part);
  }
  return { labels, images, parts };
}

/**
 * Read what a folder says of its pictures; the pictures themselves are not opened.
 * @param groupBy a column of `labels.csv`, or a regular expression for file names (see `groupOf`)
 * @throws RangeError when there are fewer than two classes, or one without pictures, or a bad table
 */
export async function readLabelledFolder(dir: string, groupBy?: string): Promise<LabelledFolder> {
  const table = await readFile(join(dir, "labels.csv"), "utf8").catch(() => null);
  if (table === null) {
    const folder = await readImageFolder(dir, groupBy === undefined ? DEFAULT_GROUP : new RegExp(groupBy));
    const [empty] = folder.emptyClasses ?? [];
    if (empty !== undefined) {
      throw new RangeError(`${join(dir, empty)}: the class "${empty}" has no .jpg or .png pictures`);
    }
    return { ...folder, parts: folder.images.map(() => null) };
  }
  const file = join(dir, "labels.csv");
  const folder = fromTable(parseTable(table, file), dir, groupBy);
  if (folder.labels.length < 2) {
    throw new RangeError(`${file}: expected two or more classes, found ${folder.labels.length}`);
  }
  return folder;
}

/**
 * Training data with another folder's pictures as its validation part.
 * @throws RangeError when the other folder has a class that the data has not, or the data has a validation part itself
 */
export function withValidation(
  data: LabelledFolder,
  validation: LabelledFolder,
  dir: string,
): LabelledFolder {
  if (data.parts.includes("validation")) {
    throw new RangeError(
      `the data has a validation part of its own (column "split"); --validation ${dir} is another`,
    );
  }
  const added = validation.images.map((image) => {
    const label = validation.labels[image.classIndex] ?? "";
    const classIndex = data.labels.indexOf(label);
    if (classIndex < 0) {
      throw new RangeError(
        `${dir}: class "${label}" is none of the training data's: ${data.labels.join(", ")}`,
      );
    }
    return { ...image, classIndex };
  });
  return {
    labels: data.labels,
    images: [...data.images, ...added],
    parts: [...data.images.map(() => "train" as const), ...added.map(() => "validation" as const)],
  };
}
