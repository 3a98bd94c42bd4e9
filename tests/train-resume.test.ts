/**
 * @file `firstread train`, killed in the middle (SIGKILL) and gone on with: the model is that of a run nobody disturbed,
 * byte for byte.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startFirstread, until } from "./support/firstread.ts";
import type { RunningCommand } from "./support/firstread.ts";
import { WHOLE_NETWORK, writeTinyTraining } from "./support/tiny-training.ts";

let dir: string;
let data: readonly string[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-resume-"));
  data = await writeTinyTraining(dir, 8, 5);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const start = (output: string, ...more: string[]): RunningCommand =>
  startFirstread("train", ...data, "--output", join(dir, output), ...WHOLE_NETWORK, ...more);

const onnx = (output: string): Promise<Buffer> => readFile(join(dir, output, "model.onnx"));

describe("a training that was interrupted", { timeout: 300_000 }, () => {
  it("by SIGKILL goes on to the same model, byte for byte, and leaves nothing else behind", async () => {
    const whole = await start("whole").ended;
    expect(whole).toMatchObject({ code: 0 });

    const killed = start("killed");
    const metrics = join(dir, ".killed.checkpoints", "all", "metrics.jsonl");
    await until(() => existsSync(metrics) && killed.said().includes("epoch 2 of"), killed);
    killed.child.kill("SIGKILL");
    expect(await killed.ended).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(join(dir, "killed"))).toBe(false);

    const resumed = await start("killed", "--resume").ended;
    expect(resumed).toMatchObject({ code: 0 });
    expect((await onnx("killed")).equals(await onnx("whole"))).toBe(true);
    const lines = (await readFile(join(dir, "killed", "metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("by Ctrl-C keeps a checkpoint, says how to go on, and goes on to the same model", async () => {
    const stopped = start("stopped");
    await until(() => stopped.said().includes("epoch 1 of"), stopped);
    stopped.child.kill("SIGINT");
    const { code, stderr } = await stopped.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/stopped in epoch \d+ after \d+ batches; go on with --resume/);
    expect(await start("stopped", "--resume").ended).toMatchObject({ code: 0 });
    expect((await onnx("stopped")).equals(await onnx("whole"))).toBe(true);
  });
});
