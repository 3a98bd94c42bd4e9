/**
 * @file Where a dataset comes from and goes to, by what the user wrote: a folder, a zip file, `s3://`.
 */
import { stat } from "node:fs/promises";

import type { DatasetSink, DatasetSource } from "../../../model/dataset/ends.ts";
import { FolderSink, FolderSource } from "../../../model/dataset/folder-ends.ts";
import { ZipSource } from "../../../model/dataset/zip-source.ts";
import { isRemote } from "../../../store/location.ts";

/**
 * Folders and prefixes are read below, zip files in place.
 * @throws the file system's error when there is no such folder or file; S3Error for a bucket that cannot be used
 */
export async function openSource(uri: string): Promise<DatasetSource> {
  if (isRemote(uri)) {
    // The client is large: loaded only where it is wanted.
    const { S3Source } = await import("./s3-ends.ts");
    return new S3Source(uri);
  }
  return (await stat(uri)).isDirectory() ? new FolderSource(uri) : ZipSource.open(uri);
}

export async function openSink(uri: string): Promise<DatasetSink> {
  if (!isRemote(uri)) return new FolderSink(uri);
  const { S3Sink } = await import("./s3-ends.ts");
  return new S3Sink(uri);
}
