/**
 * @file What lies below a data folder: class folders, pictures, a table of labels.
 */
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";

const PICTURES = [".jpg", ".jpeg", ".png"];
/** The table that is taken where none is named. */
const TABLE = "labels.csv";

export const isPicture = (file: string): boolean => PICTURES.includes(extname(file).toLowerCase());

/** All files below a folder, sorted by path; hidden ones left out. */
export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The sub-folders, sorted; hidden ones left out. */
export async function classFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  return folders.map(({ name }) => name).sort();
}

/** The table of labels: the one named, or `labels.csv` in the folder; null where there is none. */
export async function findTable(data: string, named: string | undefined): Promise<string | null> {
  if (named !== undefined) return named;
  const usual = join(data, TABLE);
  return (await stat(usual).catch(() => null))?.isFile() === true ? usual : null;
}
