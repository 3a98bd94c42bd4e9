/** @file The model packages in a folder (or below an `s3://` prefix), and which of them is in use. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { ModelResponse } from "../domain/api.ts";
import { loadPackage, readPackageSpec } from "../model/package.ts";
import type { ModelSpec } from "../model/spec.ts";
import { folderDigest } from "../store/installed-folders.ts";
import { defaultCacheDir, isRemote, toLocalFolder } from "../store/location.ts";
import { isTarGz } from "../store/tar-gz.ts";

export type PackageLine =
  | {
      readonly path: string;
      readonly name: string;
      readonly version: string;
      readonly licence: string;
      /** null: not known. */
      readonly inUse: boolean | null;
    }
  | { readonly path: string; readonly error: string };

/** Every package in the folder; one that cannot be used says why. */
export async function listPackages(dir: string, asked: ModelResponse | null): Promise<PackageLine[]> {
  if (isRemote(dir)) return listRemote(dir, asked);
  const entries = await readdir(dir, { withFileTypes: true });
  const lines: PackageLine[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || !(entry.isDirectory() || isTarGz(entry.name))) continue;
    const path = join(dir, entry.name);
    lines.push(
      await lineOf(path, async () => {
        const folder = await toLocalFolder(path);
        const { spec } = await loadPackage(folder);
        return { spec, inUse: asked && (await folderDigest(folder)) === asked.inUse.digest };
      }),
    );
  }
  return lines;
}

/** Of a bucket only the `model.json` files are fetched: what is in use is known by where it came from. */
async function listRemote(location: string, asked: ModelResponse | null): Promise<PackageLine[]> {
  const base = location.replace(/\/+$/, "");
  const folder = await toLocalFolder(base, defaultCacheDir(), { only: /(^|\/)model\.json$/ });
  const files = await readdir(folder, { recursive: true });
  const names = files
    .filter((file) => /(^|[/\\])model\.json$/.test(file))
    .map((file) => file.slice(0, -"/model.json".length));
  return Promise.all(
    names.sort().map((name) => {
      const path = name === "" ? base : `${base}/${name}`;
      return lineOf(path, async () => ({
        spec: await readPackageSpec(join(folder, name)),
        inUse: asked && asked.inUse.source.replace(/\/+$/, "") === path,
      }));
    }),
  );
}

async function lineOf(
  path: string,
  read: () => Promise<{ readonly spec: ModelSpec; readonly inUse: boolean | null }>,
): Promise<PackageLine> {
  try {
    const { spec, inUse } = await read();
    return { path, name: spec.name, version: spec.version, licence: spec.licence, inUse };
  } catch (error) {
    return { path, error: error instanceof Error ? error.message : String(error) };
  }
}
