/**
 * @file The manifest: a line for every picture of a dataset, whence it came and where it went. It is written as the
 * pictures are finished and is what a run that was broken off goes on from.
 */
import type { DatasetSink } from "./ends.ts";
import type { Split } from "./split-plan.ts";

export interface ManifestEntry {
  readonly image: string;
  readonly split: Split;
  /** The class's name. */
  readonly label: string;
  /** Of the picture, below the dataset's root. */
  readonly file: string;
  /** Of the picture's bytes: the same pixels through the same windows give the same digest. */
  readonly sha256: string;
  /** Of the instance, below the source's root. */
  readonly source: string;
  /** Keyed digest. */
  readonly patient: string;
  readonly studyInstanceUid: string;
  readonly positionMm: number;
  readonly rows: number;
  readonly columns: number;
  /** Centres and widths in HU: "40/80 80/200 600/2800". */
  readonly windows: string;
  /** All that the labels say of the image. */
  readonly findings: Readonly<Record<string, 0 | 1>>;
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

export const MANIFEST_FILE = "manifest.jsonl";

/** The manifest of a shard; a single shard writes the dataset's own. */
export function shardFile(kind: "manifest" | "skipped" | "finished", { index, of }: Shard): string {
  const extension = kind === "finished" ? "json" : "jsonl";
  return of === 1 ? `${kind}.${extension}` : `${kind}-${pad(index)}-of-${pad(of)}.${extension}`;
}

const pad = (value: number): string => String(value).padStart(5, "0");

/** The entries of a manifest; lines of no entry are an error that names them. */
export async function* readManifest(sink: DatasetSink, name: string): AsyncGenerator<ManifestEntry> {
  let number = 0;
  for await (const line of sink.lines(name)) {
    number += 1;
    try {
      yield JSON.parse(line) as ManifestEntry;
    } catch (cause) {
      throw new Error(`${sink.uri}/${name}, line ${number}: expected a JSON object`, { cause });
    }
  }
}
