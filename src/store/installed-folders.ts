/**
 * @file Folders that are kept under the digest of their content: installed once, never changed.
 *
 * What is in use must not change under us, nor go when its source goes; and what was in use must be there to
 * go back to.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { filesBelow } from "./tar-gz.ts";

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** `sha256:…` of a folder: of the names and contents of all its files, hidden ones aside. */
export async function folderDigest(dir: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await filesBelow(dir)) {
    const content = createHash("sha256").update(await readFile(join(dir, name)));
    hash.update(`${content.digest("hex")}  ${name}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Where a folder with this digest is kept, whether it is or not. @throws RangeError when it is no digest */
export function installedDir(root: string, digest: string): string {
  const [, hex] = DIGEST.exec(digest) ?? [];
  if (hex === undefined) throw new RangeError(`Expected sha256:… of 64 hexadecimal digits, got "${digest}"`);
  return join(root, hex);
}

export interface InstalledFolder {
  readonly digest: string;
  readonly dir: string;
  readonly isNew: boolean;
}

/**
 * Copy a folder below the root, whole and on disk, or find that it is there.
 * @returns its digest, where the copy is, and whether it was made now
 */
export async function installFolder(dir: string, root: string): Promise<InstalledFolder> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const staging = join(root, `.${process.pid}-${Date.now()}`);
  try {
    for (const name of await filesBelow(dir))
      await cp(join(dir, name), join(staging, name), { recursive: true });
    const digest = await folderDigest(staging);
    const target = installedDir(root, digest);
    const isThere = (await stat(target).catch(() => null)) !== null;
    if (!isThere) {
      for (const name of await filesBelow(staging)) await sync(join(staging, name));
      await rename(staging, target);
      await sync(root);
    }
    return { digest, dir: target, isNew: !isThere };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The digests of what is installed; none where nothing is. */
export async function listInstalled(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  return names.map((name) => `sha256:${name}`).filter((digest) => DIGEST.test(digest));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
