/**
 * @file A folder as one `.tar.gz` and back (POSIX ustar in gzip), as SageMaker keeps its `model.tar.gz`.
 *
 * An archive may come from anywhere: only plain files and folders below its root are taken from it, never a
 * link, a device, or a path that leads out; and never more than it may hold.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

import tar from "tar-stream";

/** An archive that cannot be used: what was expected, what came, in which file. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Unpacked: more than any model package, less than would fill a disk from a small archive. */
const MOST_BYTES = 4 * 1024 ** 3;
const MOST_ENTRIES = 10_000;

export const isTarGz = (path: string): boolean => /\.(tar\.gz|tgz)$/i.test(path);

/** A path of which any part begins with a dot: what systems and tools leave for themselves. */
export const isHidden = (path: string): boolean => path.split("/").some((part) => part.startsWith("."));

/** The files of a folder, with those below it: paths relative to it, with `/`, sorted. Hidden ones are passed over. */
export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !isHidden(path))
    .sort();
}

/** Write a folder's files as an archive, whole or not at all. The same files give the same bytes. */
export async function packFolder(dir: string, file: string): Promise<void> {
  const pack = tar.pack();
  const partial = join(dirname(file), `.${basename(file)}.${process.pid}`);
  const fill = async () => {
    for (const name of await filesBelow(dir)) {
      pack.entry({ name, mode: 0o644, mtime: new Date(0) }, await readFile(join(dir, name)));
    }
    pack.finalize();
  };
  const filling = fill().catch((cause: unknown) => {
    pack.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  const gzip = createGzip();
  try {
    // All three have ended when the partial file is removed: whichever failed ends the others.
    const [written, packed] = await Promise.allSettled([
      writeFile(partial, gzip),
      pipeline(Readable.from(pack), gzip),
      filling,
    ]);
    for (const outcome of [written, packed]) if (outcome.status === "rejected") throw outcome.reason;
    await sync(partial);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Unpack an archive into a new folder, which is there only when it is whole.
 * @throws ArchiveError when it is damaged, or holds what it must not
 */
export async function unpackTarGz(file: string, dir: string): Promise<void> {
  const partial = join(dirname(dir), `.${basename(dir)}.${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await extractInto(file, partial);
    await rm(dir, { recursive: true, force: true });
    await rename(partial, dir);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function extractInto(file: string, dir: string): Promise<void> {
  const refuse = (expected: string, got: string, cause?: unknown): never => {
    throw new ArchiveError(`${file}: expected ${expected}, got ${got}.`, { cause });
  };
  const extract = tar.extract();
  const feeding = pipeline(createReadStream(file), createGunzip(), extract).catch((cause: unknown) => {
    extract.destroy();
    return cause;
  });
  let [entries, bytes] = [0, 0];
  const reading = (async () => {
    for await (const entry of extract) {
      const { name, type, size = 0 } = entry.header;
      entries += 1;
      bytes += size;
      if (entries > MOST_ENTRIES) refuse(`at most ${MOST_ENTRIES} files`, "more");
      if (bytes > MOST_BYTES) refuse(`at most ${MOST_BYTES} bytes unpacked`, "more");
      if (type !== "file" && type !== "directory") refuse("plain files", `a ${type ?? "thing"}, ${name}`);
      const path = safePath(name) ?? refuse("paths below the archive's root", JSON.stringify(name));
      const target = join(dir, path);
      if (type === "directory") {
        await mkdir(target, { recursive: true });
        entry.resume();
      } else {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, Readable.from(entry), { flag: "wx" });
      }
    }
  })();
  const [outcome] = await Promise.allSettled([reading]);
  if (outcome.status === "rejected" && outcome.reason instanceof ArchiveError) {
    extract.destroy();
    await feeding;
    throw outcome.reason;
  }
  const broken: unknown = (await feeding) ?? (outcome.status === "rejected" ? outcome.reason : undefined);
  if (broken !== undefined) {
    const code = (broken as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "EACCES") refuse("an archive that can be read", code, broken);
    refuse(
      "a .tar.gz archive",
      `a damaged one (${broken instanceof Error ? broken.message : JSON.stringify(broken)})`,
      broken,
    );
  }
  if (entries === 0) refuse("a .tar.gz archive with files", "an empty one");
}

/** An entry's path below the root, or null when it leads out of it or no file system should be asked for it. */
export function safePath(name: string): string | null {
  if (name.startsWith("/") || name.includes("\\") || name.includes("\0") || /^[a-z]:/i.test(name))
    return null;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? null : parts.join("/");
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
