/**
 * @file The trials of a search on disk, so that a search that was killed goes on: `search.json` says what is searched,
 * `trials/<number>/trial.json` what is tried there (written before it begins), `result.json` beside it how it ended.
 */
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { writeFileAtomically } from "../atomic-file.ts";
import type { Settings } from "./space.ts";

/** How a trial ended. */
export interface TrialResult {
  /** The objective's value; null for a trial that failed. */
  readonly value: number | null;
  /** Why it failed; null for one that did not. */
  readonly failed: string | null;
  readonly seconds: number;
}

export interface Trial {
  /** From 1. */
  readonly number: number;
  readonly settings: Settings;
  /** null while it runs, or where it was interrupted. */
  readonly result: TrialResult | null;
}

/** A search that cannot go on in a folder; the message says why. */
export class SearchMismatch extends Error {
  override readonly name = "SearchMismatch";
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : JSON.parse(text);
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export class TrialFolder {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Open a folder for a search, a new one or one that was begun there.
   * @param search everything the trials depend on; a search goes on only where it is the same
   * @throws SearchMismatch when another one was begun there
   */
  static async open(dir: string, search: Readonly<Record<string, unknown>>): Promise<TrialFolder> {
    await mkdir(join(dir, "trials"), { recursive: true });
    const path = join(dir, "search.json");
    const known = await readJson(path);
    const [before, now] = [known, search].map((value) => JSON.stringify(value));
    if (known !== null && before !== now) {
      throw new SearchMismatch(
        `${dir} holds another search: expected ${before ?? ""}, got ${now ?? ""}; repeat its options, or name another --output`,
      );
    }
    if (known === null) await writeFileAtomically(path, jsonText(search));
    return new TrialFolder(dir);
  }

  /** Where a trial has its files. */
  dirOf(number: number): string {
    return join(this.dir, "trials", String(number).padStart(4, "0"));
  }

  /** All trials that were begun, by number. */
  async trials(): Promise<Trial[]> {
    const names = (await readdir(join(this.dir, "trials"))).filter((name) => /^\d+$/.test(name));
    const trials: Trial[] = [];
    for (const number of names.map(Number).sort((a, b) => a - b)) {
      const begun = (await readJson(join(this.dirOf(number), "trial.json"))) as { settings: Settings } | null;
      if (!begun) continue;
      const result = (await readJson(join(this.dirOf(number), "result.json"))) as TrialResult | null;
      trials.push({ number, settings: begun.settings, result });
    }
    return trials;
  }

  async begin(number: number, settings: Settings): Promise<void> {
    await mkdir(this.dirOf(number), { recursive: true });
    await writeFileAtomically(join(this.dirOf(number), "trial.json"), jsonText({ settings }));
  }

  async end(number: number, result: TrialResult): Promise<void> {
    await writeFileAtomically(join(this.dirOf(number), "result.json"), jsonText(result));
  }
}
