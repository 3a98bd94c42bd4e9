/**
 * @file DICOM files of paths and folders, study by study.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { parseHeader } from "../dicom/instance.ts";
import type { InstanceHeader } from "../dicom/instance.ts";
import type { Skipped } from "../domain/study.ts";

export interface DicomFile {
  readonly file: string;
  readonly header: InstanceHeader;
  read(): Promise<Uint8Array>;
}

export interface FoundStudies {
  /** Files by StudyInstanceUID, in the order they were found. */
  readonly studies: ReadonlyMap<string, readonly DicomFile[]>;
  readonly skipped: readonly Skipped[];
}

/** The index of a DICOM medium: a DICOM file that is no instance of a study. */
const isIndex = (name: string): boolean => name.toUpperCase() === "DICOMDIR";

/** The files of a path, folders with all that is in them; hidden files and DICOMDIR are passed over. */
async function* filesOf(path: string): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory()) {
    yield path;
    return;
  }
  const entries = await readdir(path, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".") || isIndex(entry.name)) continue;
    yield* filesOf(join(path, entry.name));
  }
}

/**
 * Read the headers of all files.
 * @throws the file system's error for a path that does not exist
 */
export async function findStudies(
  paths: readonly string[],
  onFile: (count: number) => void = () => undefined,
): Promise<FoundStudies> {
  const studies = new Map<string, DicomFile[]>();
  const skipped: Skipped[] = [];
  let count = 0;
  for (const path of paths) {
    const before = count;
    for await (const file of filesOf(path)) {
      onFile(++count);
      try {
        const header = parseHeader(await readFile(file));
        const study = studies.get(header.studyInstanceUid) ?? [];
        study.push({ file, header, read: () => readFile(file) });
        studies.set(header.studyInstanceUid, study);
      } catch (error) {
        skipped.push({ file, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    if (count === before) skipped.push({ file: path, reason: `the folder ${basename(path)} has no files` });
  }
  return { studies, skipped };
}
