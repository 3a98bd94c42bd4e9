/**
 * @file Where a dataset comes from and goes to, by what the user wrote: a folder, a zip file.
 */
import { stat } from "node:fs/promises";

import type { DatasetSink, DatasetSource } from "../../../model/dataset/ends.ts";
import { FolderSink, FolderSource } from "../../../model/dataset/folder-ends.ts";
import { ZipSource } from "../../../model/dataset/zip-source.ts";

/** @throws the file system's error when there is no such folder or file */
export async function openSource(uri: string): Promise<DatasetSource> {
  return (await stat(uri)).isDirectory() ? new FolderSource(uri) : ZipSource.open(uri);
}

export async function openSink(uri: string): Promise<DatasetSink> {
  return new FolderSink(uri);
}
