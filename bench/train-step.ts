/**
 * @file Benchmark: a training step (forward, backward, Adam) of networks of torchvision with random weights, against
 * PyTorch on the same machine in the same run. Needs `/usr/bin/python3` with torch, torchvision and onnx.
 *
 * `node bench/train-step.ts [--networks mobilenet_v2,resnet18] [--batch 8] [--size 224] [--threads 2] [--repeats 10]
 * [--json]`. Both sides are processes of their own that step turn and turn about; the median of the ratios of neighbouring
 * steps counts, since others may be using the machine. On a machine that is never left alone, `--threads 1` and the ratio of
 * processor times say more: nobody waits for a thread then. Memory is each process' peak.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { readOnnx } from "../src/nn/onnx-file.ts";
import type { Model } from "../src/nn/model.ts";
import { floats } from "../src/nn/tensor.ts";
import { TrainingStep } from "../src/nn/training-step.ts";

const { values: args } = parseArgs({
  options: {
    networks: { type: "string", default: "mobilenet_v2,resnet18" },
    batch: { type: "string", default: "8" },
    size: { type: "string", default: "224" },
    threads: { type: "string", default: "2" },
    repeats: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    /** The ONNX file that this process steps, one step for each line it reads: our side of the comparison. */
    step: { type: "string" },
  },
});

const PYTHON = "/usr/bin/python3";
const PYTORCH = fileURLToPath(new URL("train-step-pytorch.py", import.meta.url));
const [BATCH, SIZE, REPEATS] = [args.batch, args.size, args.repeats].map(Number) as [number, number, number];
const CLASSES = 1000;
const THREADS = Number(args.threads);
/** Steps before the first that counts. */
const WARM_UP = 2;

/** The float32 initializers that PyTorch trains too: all but the statistics of BatchNormalization. */
function trainedParameters({ nodes, initializers }: Model): readonly string[] {
  const statistics = new Set(
    nodes
      .filter(({ operator }) => operator === "BatchNormalization")
      .flatMap(({ inputs }) => inputs.slice(3)),
  );
  return [...initializers].flatMap(([name, { type, shape }]) =>
    type === "float32" && shape.length > 0 && !statistics.has(name) ? [name] : [],
  );
}

/** Our side: a step for each line on standard input, its milliseconds and those of processor time on standard output. */
async function answerSteps(file: string): Promise<void> {
  const model = readOnnx(readFileSync(file));
  const training = await TrainingStep.create(model, {
    logits: "logits",
    parameters: trainedParameters(model),
    optimizer: "adam",
    threads: THREADS,
  });
  const shape = [BATCH, 3, SIZE, SIZE];
  const image = floats(
    shape,
    Array.from({ length: BATCH * 3 * SIZE * SIZE }, (_, i) => Math.sin(0.37 * i)),
  );
  const target = floats([BATCH, CLASSES], new Float32Array(BATCH * CLASSES));
  for (let i = 0; i < BATCH; i++) target.data[i * CLASSES + (i % CLASSES)] = 1 / BATCH;
  const rates = { learningRate: () => 1e-3, weightDecay: () => 0 };
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  while ((await lines.next()).done !== true) {
    const [startedMs, startedUsage] = [performance.now(), process.cpuUsage()];
    await training.step({ image }, target, rates);
    const { user, system } = process.cpuUsage(startedUsage);
    console.log(performance.now() - startedMs, (user + system) / 1000);
  }
  await training.dispose();
}

interface StepTime {
  readonly wallMs: number;
  /** Of all threads together. */
  readonly processorMs: number;
}

/** A process that steps. */
class Stepper {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(command: string, parameters: readonly string[]) {
    this.#process = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#process;
    if (!stdout) throw new Error(`${command} has no standard output`);
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async step(): Promise<StepTime> {
    this.#process.stdin?.write("\n");
    const answer = await this.#answers.next();
    if (answer.done) throw new Error("the stepping process ended");
    const [wallMs = NaN, processorMs = NaN] = answer.value.split(" ").map(Number);
    return { wallMs, processorMs };
  }

  /** Peak memory so far, in MB. */
  peakMb(): number {
    const status = readFileSync(`/proc/${this.#process.pid ?? 0}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  end(): void {
    this.#process.stdin?.end();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function compare(network: string, folder: string) {
  const file = join(folder, `${network}.onnx`);
  execFileSync(PYTHON, ["-W", "ignore", PYTORCH, "export", network, file], { stdio: "ignore" });
  const size = ["--batch", args.batch, "--size", args.size, "--threads", args.threads];
  const ours = new Stepper(process.execPath, [fileURLToPath(import.meta.url), "--step", file, ...size]);
  const theirs = new Stepper(PYTHON, [PYTORCH, "step", network, args.batch, args.size, args.threads]);
  const times: { ours: StepTime; theirs: StepTime }[] = [];
  for (let repeat = -WARM_UP; repeat < REPEATS; repeat++) {
    const pair = { ours: await ours.step(), theirs: await theirs.step() };
    if (repeat >= 0) times.push(pair);
  }
  const [firstreadMb, pytorchMb] = [ours.peakMb(), theirs.peakMb()];
  ours.end();
  theirs.end();
  return {
    network,
    firstreadMs: median(times.map((t) => t.ours.wallMs)),
    pytorchMs: median(times.map((t) => t.theirs.wallMs)),
    ratio: median(times.map((t) => t.ours.wallMs / t.theirs.wallMs)),
    processorRatio: median(times.map((t) => t.ours.processorMs / t.theirs.processorMs)),
    firstreadMb,
    pytorchMb,
    memoryRatio: firstreadMb / pytorchMb,
  };
}

if (args.step !== undefined) {
  await answerSteps(args.step);
} else {
  const folder = mkdtempSync(join(tmpdir(), "train-step-"));
  try {
    for (const network of args.networks.split(",")) {
      const result = await compare(network, folder);
      if (args.json) {
        console.log(JSON.stringify(result));
        continue;
      }
      const { firstreadMs, pytorchMs, ratio, processorRatio, firstreadMb, pytorchMb, memoryRatio } = result;
      console.log(`${network}, ${SIZE}×${SIZE}, batch ${BATCH}, ${THREADS} thread(s)`);
      console.log(`  FirstRead  ${firstreadMs.toFixed(0)} ms a step, peak ${firstreadMb.toFixed(0)} MB`);
      console.log(`  PyTorch    ${pytorchMs.toFixed(0)} ms a step, peak ${pytorchMb.toFixed(0)} MB`);
      const ratios = `${ratio.toFixed(2)} in time, ${processorRatio.toFixed(2)} in processor time`;
      console.log(`  ratio      ${ratios}, ${memoryRatio.toFixed(2)} in memory`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
