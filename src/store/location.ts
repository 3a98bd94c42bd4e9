/**
 * @file Where a folder is: a path, a `.tar.gz`, or `s3://bucket/prefix` (also one of a `.tar.gz`). The one door
 * for commands that read a data set or a model package, or write one.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { withLock } from "./folder-lock.ts";
import type { RemoteOptions } from "./remote-folder.ts";
import { isTarGz, packFolder, unpackTarGz } from "./tar-gz.ts";

/** Whether a location is more than a path of this machine. */
export const isRemote = (location: string): boolean => /^s3:\/\//i.test(location);

/** Whether a location is a folder of this machine as it is. */
export const isPlainPath = (location: string): boolean => !isRemote(location) && !isTarGz(location);

/** Where what was fetched or unpacked is kept. */
export function defaultCacheDir(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "firstread", "folders");
}

/**
 * The folder on this machine with what is at a location: itself for a plain folder, otherwise a copy below the
 * cache folder, which is brought up to date. Nobody should write to it.
 * @throws S3Error, ArchiveError: one sentence that says what was expected, what came, where
 */
export async function toLocalFolder(
  location: string,
  cacheDir: string = defaultCacheDir(),
  options: RemoteOptions = {},
): Promise<string> {
  let path = location;
  if (isRemote(location)) {
    await mkdir(cacheDir, { recursive: true });
    // The client is large: loaded only where it is wanted.
    const { fetchFolder } = await import("./remote-folder.ts");
    path = await fetchFolder(location, cacheDir, options);
  }
  if (!isTarGz(path) || (await stat(path).catch(() => null))?.isDirectory() === true) return path;
  return unpacked(path, cacheDir);
}

/** Unpack an archive once for each of its states. One that holds a single folder stands for that folder. */
async function unpacked(archive: string, cacheDir: string): Promise<string> {
  const facts = await stat(archive).catch(() => null);
  const state = `${resolve(archive)} ${facts?.size ?? 0} ${facts?.mtimeMs ?? 0} ${facts?.ino ?? 0}`;
  const dir = join(cacheDir, `archive-${createHash("sha256").update(state).digest("hex").slice(0, 24)}`);
  await mkdir(cacheDir, { recursive: true });
  await withLock(`${dir}.lock`, async () => {
    if ((await stat(dir).catch(() => null)) === null) await unpackTarGz(archive, dir);
  });
  const [only, ...others] = await readdir(dir, { withFileTypes: true });
  return only?.isDirectory() === true && others.length === 0 ? join(dir, only.name) : dir;
}

/**
 * Make sure that a place can be asked: a bucket is there, and lets us in. Whoever works long asks before.
 * @throws S3Error
 */
export async function checkPlace(location: string): Promise<void> {
  if (!isRemote(location)) return;
  const { checkPrefix } = await import("./remote-folder.ts");
  await checkPrefix(location);
}

/**
 * Put a folder's files at a location, replacing what is there, so that a reader never sees half of it.
 * @throws S3Error, or the file system's error
 */
export async function publishFolder(
  dir: string,
  location: string,
  options: RemoteOptions = {},
): Promise<void> {
  if (isRemote(location)) {
    const { publishBelow, publishFile } = await import("./remote-folder.ts");
    if (!isTarGz(location)) return publishBelow(dir, location, options);
    const scratch = await mkdtemp(join(tmpdir(), "firstread-pack-"));
    try {
      const archive = join(scratch, "package.tar.gz");
      await packFolder(dir, archive);
      return await publishFile(archive, location);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  await mkdir(dirname(resolve(location)), { recursive: true });
  if (isTarGz(location)) return packFolder(dir, location);
  if (resolve(dir) === resolve(location)) return;
  const staging = join(dirname(resolve(location)), `.${basename(location)}.${process.pid}`);
  try {
    await cp(dir, staging, { recursive: true });
    await rm(location, { recursive: true, force: true });
    await rename(staging, location);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
