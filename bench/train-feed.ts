/**
 * @file Benchmark: the share of a training's time that the network waits for pictures.
 *
 * `node bench/train-feed.ts --backbone FILE.onnx [--size 224] [--batch-size 16] [--batches 12] [--feed-threads 1]`.
 * Synthetic pictures, augmented as by default; the figure is the epoch's `waitingShare` of `metrics.jsonl`, the first
 * batch, before which nothing can be prepared, left out.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { IMAGENET_NORMALISATION } from "../src/model/import/extractor-note.ts";
import { probeFeatureMaps } from "../src/model/compile.ts";
import { DEFAULT_AUGMENTATION } from "../src/model/train/augment.ts";
import { findLayer, sizedBackbone } from "../src/model/train/backbone.ts";
import { Feed } from "../src/model/train/feed.ts";
import { evenBatches } from "../src/model/train/fine-tune.ts";
import { NEW_LAYER, buildNetwork } from "../src/model/train/network.ts";
import { seededRandom } from "../src/model/train/random.ts";
import { readOnnx } from "../src/nn/onnx-file.ts";
import { floats } from "../src/nn/tensor.ts";
import { TrainingStep } from "../src/nn/training-step.ts";

const { values: args } = parseArgs({
  options: {
    backbone: { type: "string" },
    size: { type: "string", default: "224" },
    "batch-size": { type: "string", default: "16" },
    batches: { type: "string", default: "12" },
    "feed-threads": { type: "string", default: "1" },
  },
});
if (args.backbone === undefined) throw new Error("expected --backbone FILE.onnx");
const [size, batchSize, batches] = [Number(args.size), Number(args["batch-size"]), Number(args.batches)];

const count = batchSize * (batches + 1);
const buffer = new SharedArrayBuffer(count * 3 * size * size);
const random = seededRandom(1);
const bytes = new Uint8Array(buffer);
for (let i = 0; i < bytes.length; i++) bytes[i] = 40 + 160 * random();

const backbone = await sizedBackbone(readOnnx(await readFile(args.backbone)), size);
const maps = await probeFeatureMaps(backbone, await findLayer(backbone, size), size);
const standard = {
  mean: new Float32Array(maps.channels),
  deviation: new Float32Array(maps.channels).fill(1),
};
const parts = { backbone, maps, pooling: "mean", classes: 2, standard, seed: 1 } as const;
const network = buildNetwork(parts, false);
const step = await TrainingStep.create(network.model, {
  logits: "logits",
  parameters: [...network.backboneParameters, ...NEW_LAYER],
  optimizer: "adam",
});
const feed = new Feed(
  {
    ...{ size, bytes: { kind: "memory", buffer }, seed: 1 },
    ...{ normalisation: IMAGENET_NORMALISATION, augmentation: DEFAULT_AUGMENTATION },
  },
  Number(args["feed-threads"]),
);
const target = floats(
  [batchSize, 2],
  Float32Array.from({ length: 2 * batchSize }, (_, i) => (i % 2) / batchSize),
);
const rates = { learningRate: () => 1e-5, weightDecay: () => 0 };
const plan = evenBatches(
  Array.from({ length: count }, (_, i) => i),
  batchSize,
);
let [startedMs, idleBeforeMs, stepMs, done] = [0, 0, 0, 0];
for await (const images of feed.batches(plan, 1)) {
  const beganMs = performance.now();
  await step.step({ [network.model.inputs[0]?.name ?? ""]: images }, target, rates);
  if (done++ === 0) [startedMs, idleBeforeMs] = [performance.now(), feed.idleMs];
  else stepMs += performance.now() - beganMs;
}
const totalMs = performance.now() - startedMs;
const waiting = (feed.idleMs - idleBeforeMs) / totalMs;
await feed.close();
await step.dispose();
console.log(
  `${batches} batches of ${batchSize} at ${size} x ${size}: ${(stepMs / batches).toFixed(0)} ms a step`,
);
console.log(
  `the network waited for pictures ${(100 * waiting).toFixed(2)} % of the time (at most 5 % wanted)`,
);
