/**
 * @file What a prepared set of pictures holds: class folders with splits or without, with a `manifest.jsonl` or without.
 * Every picture is read to its end; whose it is tells the manifest, or a pattern of its name.
 */
import type { LeftOut } from "./assignment.ts";
import type { ByteOutcome } from "./byte-threads.ts";
import type { DatasetSource, SourceFile } from "./ends.ts";
import { LeakFinder } from "./leaks.ts";
import type { Leaks } from "./leaks.ts";
import { lookAtFiles } from "./look-at-files.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { PictureLook } from "./picture-look-worker.ts";
import { patientOf, placeOf } from "./prepared-files.ts";
import type { PicturePlace } from "./prepared-files.ts";
import { classOrder } from "../train/image-folder.ts";
import { Tally } from "./tally.ts";
import type { Counts } from "./tally.ts";

/** What a split holds of a class. */
export interface PlaceCount extends PicturePlace {
  readonly images: number;
  /** Null where nothing tells patients apart. */
  readonly patients: number | null;
}

/** How the pictures and the manifest agree. */
export interface ManifestCheck {
  readonly entries: number;
  /** Entries whose picture is not there; the first. */
  readonly missing: readonly string[];
  /** Pictures that no entry names; the first. */
  readonly unlisted: readonly string[];
  /** Pictures whose bytes are not those that were written; the first. */
  readonly altered: readonly string[];
  readonly counts: { readonly missing: number; readonly unlisted: number; readonly altered: number };
}

export interface PreparedExploration {
  readonly source: string;
  readonly files: number;
  readonly bytes: number;
  readonly images: number;
  readonly broken: readonly LeftOut[];
  readonly patients: number | null;
  readonly studies: number | null;
  readonly counts: readonly PlaceCount[];
  readonly findings: Counts;
  readonly sizes: Counts;
  readonly formats: Counts;
  readonly leaks: Leaks;
  /** Null without a manifest. */
  readonly manifest: ManifestCheck | null;
}

/** What of a manifest's entry is needed: a set may have a million. */
export type KnownPicture = Pick<ManifestEntry, "patient" | "studyInstanceUid" | "sha256" | "findings">;

export interface ExplorePreparedOptions {
  /** Entries of the manifest by picture; null without a manifest. */
  readonly manifest: ReadonlyMap<string, KnownPicture> | null;
  /** Finds the patient in a picture's name, where there is no manifest. */
  readonly groupBy: RegExp | null;
  /** Pictures shown of each class and split. */
  readonly shown: number;
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture of which a sample is shown. */
export interface ShownPicture extends PicturePlace {
  readonly file: SourceFile;
}

const LOOK_WORKER = new URL("./picture-look-worker.ts", import.meta.url);
const MOST_LISTED = 1000;

/** Look at every picture of `files` once. Gives what was found, and which pictures to show. */
export async function explorePrepared(
  source: DatasetSource,
  files: readonly SourceFile[],
  options: ExplorePreparedOptions,
): Promise<{ readonly exploration: PreparedExploration; readonly shown: readonly ShownPicture[] }> {
  const explorer = new PreparedExplorer(options);
  const { threads, onProgress } = options;
  const looking = { worker: LOOK_WORKER, threads, onProgress, orderOf: () => null };
  for await (const looked of lookAtFiles<null, PictureLook>(source, files, looking)) {
    explorer.add(looked.file, looked);
  }
  return { exploration: explorer.result(source.uri, files), shown: explorer.shown(files) };
}

class PreparedExplorer {
  readonly #options: ExplorePreparedOptions;
  readonly #broken: LeftOut[] = [];
  readonly #leaks = new LeakFinder();
  readonly #places = new Map<string, { place: PicturePlace; images: number; patients: Set<string> }>();
  readonly #studies = new Set<string>();
  readonly #tallies = { findings: new Tally(), sizes: new Tally(), formats: new Tally() };
  readonly #met = new Set<string>();
  readonly #unlisted: string[] = [];
  readonly #altered: string[] = [];
  #images = 0;
  #patientless = 0;

  constructor(options: ExplorePreparedOptions) {
    this.#options = options;
  }

  add({ name }: SourceFile, outcome: ByteOutcome<PictureLook>): void {
    const { manifest, groupBy } = this.#options;
    const known = manifest?.get(name);
    if (manifest) {
      if (known) this.#met.add(name);
      else this.#unlisted.push(name);
    }
    if ("reason" in outcome) {
      this.#broken.push({ file: name, reason: outcome.reason });
      return;
    }
    const { rows, columns, format, channels, digest, sha256 } = outcome.result;
    if (known && known.sha256 !== sha256) this.#altered.push(name);
    const patient = known?.patient ?? (groupBy ? patientOf(name, groupBy) : null);
    const place = placeOf(name);
    this.#images += 1;
    if (patient === null) this.#patientless += 1;
    if (known) this.#studies.add(known.studyInstanceUid);
    const key = `${place.split}/${place.label}`;
    const count = this.#places.get(key) ?? { place, images: 0, patients: new Set<string>() };
    count.images += 1;
    if (patient !== null) count.patients.add(patient);
    this.#places.set(key, count);
    this.#leaks.add(name, place, digest, patient);
    this.#tallies.sizes.add(`${rows} × ${columns}`);
    this.#tallies.formats.add(`${format}, ${channels === 1 ? "grey" : `${channels} channels`}`);
    for (const [finding, value] of Object.entries(known?.findings ?? {}))
      if (value === 1) this.#tallies.findings.add(finding);
  }

  result(source: string, files: readonly SourceFile[]): PreparedExploration {
    const { manifest } = this.#options;
    const hasPatients = this.#images > 0 && this.#patientless < this.#images;
    return {
      ...{ source, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) },
      ...{ images: this.#images, broken: this.#broken },
      patients: hasPatients ? this.#leaks.patients : null,
      studies: manifest ? this.#studies.size : null,
      counts: [...this.#places.values()]
        .map(({ place, images, patients }) => ({
          ...place,
          ...{ images, patients: hasPatients ? patients.size : null },
        }))
        .sort((a, b) => splitRank(a.split) - splitRank(b.split) || classOrder(a.label, b.label)),
      findings: this.#tallies.findings.counts(),
      sizes: this.#tallies.sizes.counts(),
      formats: this.#tallies.formats.counts(),
      leaks: this.#leaks.result(),
      manifest: manifest ? this.#check(manifest) : null,
    };
  }

  #check(manifest: ReadonlyMap<string, KnownPicture>): ManifestCheck {
    const missing = [...manifest.keys()].filter((name) => !this.#met.has(name));
    const [unlisted, altered] = [this.#unlisted, this.#altered];
    return {
      entries: manifest.size,
      missing: missing.slice(0, MOST_LISTED),
      unlisted: unlisted.slice(0, MOST_LISTED),
      altered: altered.slice(0, MOST_LISTED),
      counts: { missing: missing.length, unlisted: unlisted.length, altered: altered.length },
    };
  }

  /** Evenly over each split's class, broken pictures left out. */
  shown(files: readonly SourceFile[]): ShownPicture[] {
    const broken = new Set(this.#broken.map(({ file }) => file));
    const byPlace = new Map<string, ShownPicture[]>();
    for (const file of files) {
      if (broken.has(file.name)) continue;
      const place = placeOf(file.name);
      const key = `${place.split}/${place.label}`;
      const pictures = byPlace.get(key) ?? [];
      pictures.push({ ...place, file });
      byPlace.set(key, pictures);
    }
    return [...byPlace.values()].flatMap((pictures) => spread(pictures, this.#options.shown));
  }
}

/** `most` of many, evenly. */
function spread<T>(all: readonly T[], most: number): T[] {
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)]).filter(
    (one) => one !== undefined,
  );
}

/** Training first, testing last. */
function splitRank(split: string): number {
  const order = [/^train/i, /^(val|dev)/i, /^(test|holdout)/i];
  const rank = order.findIndex((pattern) => pattern.test(split));
  return rank < 0 ? order.length : rank;
}
