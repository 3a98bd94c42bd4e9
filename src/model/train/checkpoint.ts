/**
 * @file Checkpoints of a fine-tuning run: a folder with `last.ckpt`, the best epoch's `best-<epoch>.ckpt`, and
 * `metrics.jsonl`. A checkpoint is one file: the progress as JSON, the training state (`nn/training-state.ts`), and the
 * SHA-256 of both at its end, so that a damaged one is never gone on from.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { decodeTrainingState, encodeTrainingState } from "../../nn/training-state.ts";
import type { TrainingState } from "../../nn/training-state.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import type { EpochRecord } from "./epoch.ts";

/** How far a run is. */
export interface RunProgress {
  /** The epoch under way, from 1, and how many of its batches are done. */
  readonly epoch: number;
  readonly batch: number;
  /** Of the epoch under way: sums over the pictures seen. */
  readonly running: RunningSums;
  readonly history: readonly EpochRecord[];
  readonly best: { readonly epoch: number; readonly value: number } | null;
}

export interface RunningSums {
  readonly loss: number;
  readonly weight: number;
  readonly correct: number;
  /** Whether each picture is of the positive class, and the probability it was given. */
  readonly positive: readonly boolean[];
  readonly probability: readonly number[];
}

export interface Checkpoint {
  readonly progress: RunProgress;
  readonly state: TrainingState;
}

/** A checkpoint that cannot be gone on from, or not be written; the message says why. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

const DIGEST_BYTES = 32;
const LENGTH_BYTES = 4;

const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

function encode({ progress, state }: Checkpoint, recipe: string): Buffer {
  const json = Buffer.from(JSON.stringify({ format: 1, recipe, progress }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length);
  const content = Buffer.concat([length, json, encodeTrainingState(state)]);
  return Buffer.concat([content, digestOf(content)]);
}

function decode(bytes: Buffer, path: string): Checkpoint & { readonly recipe: string } {
  const content = bytes.subarray(0, -DIGEST_BYTES);
  if (
    bytes.length < LENGTH_BYTES + DIGEST_BYTES ||
    !digestOf(content).equals(bytes.subarray(-DIGEST_BYTES))
  ) {
    throw new CheckpointError(`${path}: the checkpoint is damaged (${bytes.length} bytes)`);
  }
  const end = LENGTH_BYTES + content.readUInt32LE();
  const header = JSON.parse(content.subarray(LENGTH_BYTES, end).toString("utf8")) as {
    readonly recipe: string;
    readonly progress: RunProgress;
  };
  return { ...header, state: decodeTrainingState(Uint8Array.from(content.subarray(end))) };
}

/** The folder with the checkpoints of one run. */
export class CheckpointFolder {
  readonly dir: string;
  readonly #recipe: string;

  private constructor(dir: string, recipe: string) {
    this.dir = dir;
    this.#recipe = recipe;
  }

  /**
   * @param recipe everything the run depends on, as text: a run goes on only from a checkpoint of the same
   */
  static async open(dir: string, recipe: string): Promise<CheckpointFolder> {
    await mkdir(dir, { recursive: true });
    return new CheckpointFolder(dir, recipe);
  }

  /** Where the last checkpoint is, or null when there is none. @throws CheckpointError for a damaged or foreign one */
  async last(): Promise<Checkpoint | null> {
    return this.#read("last.ckpt");
  }

  /** The best epoch's. @throws CheckpointError when it is not there or damaged */
  async best(epoch: number): Promise<Checkpoint> {
    const found = await this.#read(`best-${epoch}.ckpt`);
    if (!found) throw new CheckpointError(`${join(this.dir, `best-${epoch}.ckpt`)} is missing`);
    return found;
  }

  /**
   * Keep a checkpoint as the last one, and first as the best where its epoch is that.
   * @throws CheckpointError when it cannot be written; what was kept before is as it was
   */
  async save(checkpoint: Checkpoint, isBest = false): Promise<void> {
    const bytes = encode(checkpoint, this.#recipe);
    const { best, history } = checkpoint.progress;
    const lines = history.map((record) => `${JSON.stringify(record)}\n`).join("");
    try {
      const bestFile = `best-${best?.epoch ?? 0}.ckpt`;
      if (isBest) await writeFileAtomically(join(this.dir, bestFile), bytes);
      await writeFileAtomically(join(this.dir, "last.ckpt"), bytes);
      await writeFileAtomically(join(this.dir, "metrics.jsonl"), lines);
      if (!isBest) return;
      const older = (await readdir(this.dir)).filter(
        (name) => /^best-\d+\.ckpt$/.test(name) && name !== bestFile,
      );
      for (const name of older) await rm(join(this.dir, name), { force: true });
    } catch (cause) {
      const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
      const why = full ? "the disk is full" : cause instanceof Error ? cause.message : String(cause);
      throw new CheckpointError(
        `${this.dir}: the checkpoint could not be written (${why}); the one before it is intact: ` +
          `make room and go on with --resume`,
        { cause },
      );
    }
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  async #read(name: string): Promise<Checkpoint | null> {
    const path = join(this.dir, name);
    const bytes = await readFile(path).catch(() => null);
    if (!bytes) return null;
    const { recipe, progress, state } = decode(bytes, path);
    if (recipe !== this.#recipe) throw new CheckpointError(`${path}: ${differences(recipe, this.#recipe)}`);
    return { progress, state };
  }
}

/** What differs between two recipes, for the message. */
function differences(before: string, now: string): string {
  const [a, b] = [before, now].map((text) => JSON.parse(text) as Record<string, unknown>);
  const keys = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])];
  const text = (value: unknown): string => JSON.stringify(value) ?? "nothing";
  const changed = keys.filter((key) => text(a?.[key]) !== text(b?.[key]));
  const each = changed.map((key) => `${key} was ${text(a?.[key])}, is ${text(b?.[key])}`);
  return `the run that was interrupted was another one (${each.join("; ")}); repeat its options, or leave out --resume`;
}
