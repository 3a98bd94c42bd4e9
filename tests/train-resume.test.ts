/**
 * @file `firstread train`, killed in the middle (SIGKILL) and gone on with: the model is that of a run nobody disturbed,
 * byte for byte.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { TINY_SIDE, tinyCnn, writeTinyFolder } from "../src/model/train/test-training.ts";
import { writeOnnx } from "../src/nn/onnx-file.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");

/** Enough for a run to be killed in the middle. */
const EPOCHS = 8;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-resume-"));
  await writeTinyFolder(join(dir, "data"), 8, 5);
  await writeFile(join(dir, "tiny.onnx"), writeOnnx(tinyCnn()));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function start(output: string, more: readonly string[] = []) {
  const options = [
    "--backbone",
    join(dir, "tiny.onnx"),
    "--size",
    String(TINY_SIDE),
    "--normalisation",
    "unit",
  ];
  const recipe = [
    "--train-only-top-layer",
    "false",
    "--epochs",
    String(EPOCHS),
    "--batch-size",
    "4",
    "--pooling",
    "mean",
  ];
  const child = spawn(
    process.execPath,
    [MAIN, "train", join(dir, "data"), "--output", join(dir, output), ...options, ...recipe, ...more],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "exit").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stderr,
  }));
  return { child, ended, said: () => stderr };
}

const onnx = (output: string): Promise<Buffer> => readFile(join(dir, output, "model.onnx"));

/** Wait until something holds, or the process has ended. */
async function until(holds: () => boolean, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!holds() && !over) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a training that was interrupted", { timeout: 300_000 }, () => {
  it("by SIGKILL goes on to the same model, byte for byte, and leaves nothing else behind", async () => {
    const whole = await start("whole").ended;
    expect(whole).toMatchObject({ code: 0 });

    const killed = start("killed");
    const metrics = join(dir, ".killed.checkpoints", "all", "metrics.jsonl");
    await until(() => existsSync(metrics) && killed.said().includes("epoch 2 of"), killed.ended);
    killed.child.kill("SIGKILL");
    expect(await killed.ended).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(join(dir, "killed"))).toBe(false);

    const resumed = await start("killed", ["--resume"]).ended;
    expect(resumed).toMatchObject({ code: 0 });
    expect((await onnx("killed")).equals(await onnx("whole"))).toBe(true);
    const lines = (await readFile(join(dir, "killed", "metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual(
      Array.from({ length: EPOCHS }, (_, i) => i + 1),
    );
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("by Ctrl-C keeps a checkpoint, says how to go on, and goes on to the same model", async () => {
    const stopped = start("stopped");
    await until(() => stopped.said().includes("epoch 1 of"), stopped.ended);
    stopped.child.kill("SIGINT");
    const { code, stderr } = await stopped.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/stopped in epoch \d+ after \d+ batches; go on with --resume/);
    expect(await start("stopped", ["--resume"]).ended).toMatchObject({ code: 0 });
    expect((await onnx("stopped")).equals(await onnx("whole"))).toBe(true);
  });
});
