/**
 * @file What a de-identification has done so far, a line a file, so that a run that was broken off goes on after it.
 *
 * The journal lies beside the files that may be given away, so it names no source file: these stand as keyed digests.
 */
import { createHmac } from "node:crypto";

import type { DatasetSink } from "./ends.ts";

/** How often each attribute was removed, emptied or replaced. */
export type Changes = ReadonlyMap<string, number>;

/** What became of a source file. */
export interface FinishedFile {
  /** Keyed digest of its name and size. */
  readonly source: string;
  /** Below the destination; null for one that was left out because its pixels may show names. */
  readonly file: string | null;
  readonly patient: string;
  /** Why its pixels may show names; empty when nothing says so. */
  readonly risks: readonly string[];
  readonly changed: Changes;
}

/** A line: files of one machine change alike, so what was changed is written once and referred to. */
interface Line extends Omit<FinishedFile, "changed"> {
  readonly change: number;
  readonly changed?: Readonly<Record<string, number>>;
}

export const JOURNAL_FILE = "deidentified.jsonl";

/** What stands for a source file in the journal. */
export function sourceDigest(name: string, bytes: number, secret: string): string {
  return createHmac("sha256", `firstread source ${secret}`)
    .update(`${bytes} ${name}`)
    .digest("hex")
    .slice(0, 24);
}

export class DeidentifyJournal {
  readonly #sink: DatasetSink;
  /** Changes as text → number, and back. */
  readonly #numbers = new Map<string, number>();
  readonly #changes: Changes[] = [];

  private constructor(sink: DatasetSink) {
    this.#sink = sink;
  }

  /** A destination's journal, and what it holds already. */
  static async open(
    sink: DatasetSink,
  ): Promise<{ readonly journal: DeidentifyJournal; readonly finished: ReadonlyMap<string, FinishedFile> }> {
    const journal = new DeidentifyJournal(sink);
    const finished = new Map<string, FinishedFile>();
    for await (const text of sink.lines(JOURNAL_FILE)) {
      const { change, changed, ...rest } = JSON.parse(text) as Line;
      if (changed) journal.#remember(new Map(Object.entries(changed)), change);
      finished.set(rest.source, { ...rest, changed: journal.#changes[change] ?? new Map<string, number>() });
    }
    return { journal, finished };
  }

  async add({ changed, ...rest }: FinishedFile): Promise<void> {
    const text = JSON.stringify([...changed]);
    const known = this.#numbers.get(text);
    const change = known ?? this.#changes.length;
    if (known === undefined) this.#remember(changed, change);
    const line: Line =
      known === undefined ? { ...rest, change, changed: Object.fromEntries(changed) } : { ...rest, change };
    await this.#sink.append(JOURNAL_FILE, [JSON.stringify(line)]);
  }

  #remember(changed: Changes, change: number): void {
    this.#changes[change] = changed;
    this.#numbers.set(JSON.stringify([...changed]), change);
  }
}
