import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { TrainingState } from "../../nn/training-state.ts";
import { CheckpointError, CheckpointFolder } from "./checkpoint.ts";
import type { RunProgress } from "./checkpoint.ts";
import { NOTHING_SEEN } from "./epoch.ts";

const RECIPE = JSON.stringify({ seed: 1 });

const state = (value: number): TrainingState => ({
  optimizer: "sgd",
  steps: value,
  parameters: new Map([
    ["w", { values: Float32Array.of(value, -value), velocity: Float32Array.of(0.1, 0.2) }],
  ]),
});
const progress = (epoch: number, best: number): RunProgress => ({
  epoch,
  batch: 3,
  running: { ...NOTHING_SEEN, loss: 1 / 3, probability: [0.1 + 0.2], positive: [true] },
  history: [],
  best: { epoch: best, value: -0.5 },
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-checkpoint-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe("checkpoints", () => {
  it("come back as they were, the best epoch's too, and one of each is kept", async () => {
    const folder = await CheckpointFolder.open(dir, RECIPE);
    expect(await folder.last()).toBeNull();
    await folder.save({ progress: progress(2, 1), state: state(1) }, true);
    await folder.save({ progress: progress(3, 2), state: state(2) }, true);
    await folder.save({ progress: progress(4, 2), state: state(3) });
    expect(await folder.last()).toEqual({ progress: progress(4, 2), state: state(3) });
    expect(await folder.best(2)).toEqual({ progress: progress(3, 2), state: state(2) });
    expect((await readdir(dir)).sort()).toEqual(["best-2.ckpt", "last.ckpt", "metrics.jsonl"]);
  });

  it("are refused when damaged, cut off, or another run's", async () => {
    const folder = await CheckpointFolder.open(dir, RECIPE);
    await folder.save({ progress: progress(2, 1), state: state(1) });
    const path = join(dir, "last.ckpt");
    const bytes = await readFile(path);
    const other = await CheckpointFolder.open(dir, JSON.stringify({ seed: 2 }));
    await expect(other.last()).rejects.toThrow("seed was 1, is 2");
    await writeFile(path, bytes.subarray(0, -1));
    await expect(folder.last()).rejects.toThrow(CheckpointError);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(folder.last()).rejects.toThrow("last.ckpt: the checkpoint is damaged");
  });

  it("that cannot be written leave the one before intact", async () => {
    const folder = await CheckpointFolder.open(dir, RECIPE);
    await folder.save({ progress: progress(2, 1), state: state(1) });
    // A folder in the way of the part file: writing fails as it would on a full disk.
    await mkdir(join(dir, "last.ckpt.part", "in the way"), { recursive: true });
    await expect(folder.save({ progress: progress(3, 1), state: state(2) })).rejects.toThrow(
      /could not be written .*the one before it is intact.*--resume/,
    );
    expect(await folder.last()).toEqual({ progress: progress(2, 1), state: state(1) });
  });
});
