/**
 * @file What the manifest at a prepared set's root says of its pictures, read from wherever the set lies.
 */
import type { DatasetSource, SourceFile } from "./ends.ts";
import type { KnownPicture } from "./explore-prepared.ts";
import type { ManifestEntry } from "./manifest.ts";

/** The set's own manifest, or those of its shards where they have not been joined. */
const MANIFEST = /^manifest(-\d+-of-\d+)?\.jsonl$/;

export const isManifest = (name: string): boolean => MANIFEST.test(name);

/**
 * The manifest's entries by picture; null without a manifest among `files`.
 * @throws RangeError naming a line that is no entry
 */
export async function knownPictures(
  source: DatasetSource,
  files: readonly SourceFile[],
): Promise<ReadonlyMap<string, KnownPicture> | null> {
  const manifests = files.filter(({ name }) => isManifest(name));
  if (manifests.length === 0) return null;
  const known = new Map<string, KnownPicture>();
  for (const manifest of manifests) {
    let number = 0;
    for (const line of linesOf(await source.read(manifest))) {
      number += 1;
      const { file, patient, studyInstanceUid, sha256, findings } = entryOf(
        line,
        `${manifest.name}, line ${number}`,
      );
      known.set(file, { patient, studyInstanceUid, sha256, findings });
    }
  }
  return known;
}

function entryOf(line: string, where: string): ManifestEntry {
  try {
    return JSON.parse(line) as ManifestEntry;
  } catch (cause) {
    throw new RangeError(`${where}: expected a JSON object, got "${line.slice(0, 60)}"`, { cause });
  }
}

/** Line by line: a manifest may be longer than a string can be. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}
