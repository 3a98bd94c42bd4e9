/**
 * @file Where a dataset comes from and goes to, by what the user wrote: a folder, a zip file, `s3://`.
 */
import { stat } from "node:fs/promises";

import { mayBeInstance } from "../../../model/dataset/ends.ts";
import type { DatasetSink, DatasetSource } from "../../../model/dataset/ends.ts";
import { FolderSink, FolderSource } from "../../../model/dataset/folder-ends.ts";
import { DiskFile } from "../../../model/dataset/ranged-file.ts";
import { ZipSource } from "../../../model/dataset/zip-source.ts";
import { isRemote } from "../../../store/location.ts";

/**
 * Folders and prefixes are read below, zip files in place, in a bucket too.
 * @param accepts which names may be of files that are looked for
 * @throws the file system's error when there is no such folder or file; S3Error for a bucket that cannot be used
 */
export async function openSource(uri: string, accepts = mayBeInstance): Promise<DatasetSource> {
  if (isRemote(uri)) {
    // The client is large: loaded only where it is wanted.
    const { S3File, S3Source } = await import("./s3-ends.ts");
    return /\.zip$/i.test(uri) ? ZipSource.open(await S3File.open(uri), accepts) : new S3Source(uri, accepts);
  }
  const isFolder = (await stat(uri)).isDirectory();
  return isFolder ? new FolderSource(uri, accepts) : ZipSource.open(await DiskFile.open(uri), accepts);
}

export async function openSink(uri: string): Promise<DatasetSink> {
  if (!isRemote(uri)) return new FolderSink(uri);
  const { S3Sink } = await import("./s3-ends.ts");
  return new S3Sink(uri);
}
