/**
 * @file The end of a dataset's making: what its manifest holds is counted, checked and told in a card. With several
 * shards, their manifests are joined first.
 */
import { datasetCard } from "./card.ts";
import type { DatasetSink } from "./ends.ts";
import { MANIFEST_FILE, readManifest, shardFile } from "./manifest.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { PrepareReport } from "./prepare.ts";
import { readSettings } from "./settings.ts";
import { SPLITS } from "./split-plan.ts";
import type { Split } from "./split-plan.ts";

/** What a split holds of a class. */
export interface ClassCount {
  readonly split: Split;
  readonly label: string;
  readonly images: number;
  readonly patients: number;
}

export interface DatasetSummary {
  readonly images: number;
  readonly patients: number;
  readonly studies: number;
  readonly counts: readonly ClassCount[];
  /** Pictures that are byte for byte another's. */
  readonly duplicates: number;
  /** Of these, pictures whose twin is in another split, "a.jpg = b.jpg"; the first hundred. */
  readonly leaks: readonly string[];
  /** Patients in two splits: always 0, counted all the same. */
  readonly patientsInTwoSplits: number;
}

/** A dataset that is not whole, or whose parts do not belong together. */
export class UnfinishedDataset extends Error {
  override readonly name = "UnfinishedDataset";
}

const MOST_LEAKS = 100;

/**
 * Join the shards' manifests, count, and write the card.
 * @throws UnfinishedDataset when a shard has not finished, or a patient is in two splits
 */
export async function finishDataset(
  sink: DatasetSink,
): Promise<{ readonly summary: DatasetSummary; readonly reports: readonly PrepareReport[] }> {
  const settings = await readSettings(sink);
  if (settings === null) throw new UnfinishedDataset(`${sink.uri} holds no dataset: it has no dataset.json`);
  const shards = Array.from({ length: settings.shards }, (_, i) => ({ index: i + 1, of: settings.shards }));
  const reports: PrepareReport[] = [];
  for (const shard of shards) {
    const text = await sink.text(shardFile("finished", shard));
    if (text === null)
      throw new UnfinishedDataset(`${sink.uri}: shard ${shard.index} of ${shard.of} has not finished`);
    reports.push(JSON.parse(text) as PrepareReport);
  }
  const counter = new Counter();
  const counted = async function* (): AsyncGenerator<string> {
    for (const shard of shards)
      for await (const entry of readManifest(sink, shardFile("manifest", shard))) {
        counter.add(entry);
        yield JSON.stringify(entry);
      }
  };
  await sink.flush();
  if (settings.shards > 1 || sink.journalsInPieces) await sink.replace(MANIFEST_FILE, counted());
  else await drained(counted());
  const summary = counter.summary();
  if (summary.patientsInTwoSplits > 0) {
    throw new UnfinishedDataset(
      `${sink.uri}: ${summary.patientsInTwoSplits} patients are in two splits; its shards were not made from one source`,
    );
  }
  await sink.write("DATASET_CARD.md", datasetCard(settings, summary, reports));
  return { summary, reports };
}

async function drained(lines: AsyncIterable<string>): Promise<void> {
  for await (const _line of lines);
}

/** Counts entries one by one; keeps a short digest of each picture, and the names of patients and studies. */
class Counter {
  #images = 0;
  #duplicates = 0;
  #torn = 0;
  readonly #studies = new Set<string>();
  readonly #splitOf = new Map<string, Split>();
  readonly #counts = new Map<string, { images: number; patients: Set<string> }>();
  readonly #pictures = new Map<string, string>();
  readonly #leaks: string[] = [];

  add({ split, label, file, sha256, patient, studyInstanceUid }: ManifestEntry): void {
    this.#images += 1;
    this.#studies.add(studyInstanceUid);
    const before = this.#splitOf.get(patient);
    if (before === undefined) this.#splitOf.set(patient, split);
    else if (before !== split) this.#torn += 1;
    const key = `${split}/${label}`;
    const count = this.#counts.get(key) ?? { images: 0, patients: new Set<string>() };
    count.images += 1;
    count.patients.add(patient);
    this.#counts.set(key, count);
    const digest = sha256.slice(0, 16);
    const twin = this.#pictures.get(digest);
    if (twin === undefined) this.#pictures.set(digest, file);
    else {
      this.#duplicates += 1;
      if (!twin.startsWith(`${split}/`) && this.#leaks.length < MOST_LEAKS)
        this.#leaks.push(`${twin} = ${file}`);
    }
  }

  summary(): DatasetSummary {
    const labels = [...new Set([...this.#counts.keys()].map((key) => key.slice(key.indexOf("/") + 1)))];
    return {
      images: this.#images,
      patients: this.#splitOf.size,
      studies: this.#studies.size,
      counts: SPLITS.flatMap((split) =>
        labels.map((label) => {
          const count = this.#counts.get(`${split}/${label}`);
          return { split, label, images: count?.images ?? 0, patients: count?.patients.size ?? 0 };
        }),
      ),
      duplicates: this.#duplicates,
      leaks: this.#leaks,
      patientsInTwoSplits: this.#torn,
    };
  }
}
