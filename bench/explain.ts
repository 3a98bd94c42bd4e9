/**
 * @file Benchmark: what a heat map costs beside the plain forward pass, in the same process; that a batch gives what
 * single images give; that memory does not grow.
 *
 * `node bench/explain.ts [--size 224] [--repeats 51] [--maps 10000] [--json]`. Networks of torchvision by formula
 * (tests/fixtures/oracle) and the default package. Turn and turn about; the median of the turns' ratios counts.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";

import { classifierOf } from "../scripts/oracle/network.ts";
import { Explainer } from "../src/explain/explainer.ts";
import { gradCam } from "../src/explain/grad-cam.ts";
import { joined, singles } from "../src/explain/method.ts";
import { METHODS } from "../src/explain/methods.ts";
import { Network } from "../src/explain/network.ts";
import { classTarget } from "../src/explain/target.ts";
import { testNetwork } from "../src/explain/test-network.ts";
import { seededRandom } from "../src/model/train/random.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../src/model/package.ts";
import { readOnnx } from "../src/nn/onnx-file.ts";
import { Session } from "../src/nn/session.ts";
import { extract } from "../src/nn/subgraph.ts";
import { floats, sizeOf } from "../src/nn/tensor.ts";
import type { FloatTensor } from "../src/nn/tensor.ts";

const { values: args } = parseArgs({
  options: {
    size: { type: "string", default: "224" },
    repeats: { type: "string", default: "51" },
    maps: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const size = Number(args.size);
const repeats = Number(args.repeats);

/** More would wait for each other in busy loops, which processor time counts. */
const ONE_THREAD = { threads: 1 } as const;

const ORACLE = join(import.meta.dirname, "..", "tests", "fixtures", "oracle", "networks");
const CASES = [
  { name: "mobilenet_v2", ends: "global average pooling", layer: "auto" },
  { name: "resnet18", ends: "global average pooling", layer: "auto" },
  { name: "resnet18", ends: "its last block, two convolutions", layer: "before the last block" },
] as const;

const random = seededRandom(1);
const imageOf = (shape: readonly number[]): FloatTensor =>
  floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random() * 2 - 1),
  );

/** Milliseconds by the clock, and of processor time: the latter says the same on a busy machine. */
interface Cost {
  clockMs: number;
  processorMs: number;
}

interface Compared {
  /** The smallest of the plain run. */
  plain: Cost;
  /** The median over the turns of the explained run's cost by the plain run's right before it. */
  ratio: Cost;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Two runs, turn and turn about; the first turn does not count. */
async function compared(plain: () => Promise<unknown>, explained: () => Promise<unknown>): Promise<Compared> {
  const costOf = async (run: () => Promise<unknown>): Promise<Cost> => {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    await run();
    const clockMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    return { clockMs, processorMs: (user + system) / 1000 };
  };
  const turns: { plain: Cost; explained: Cost }[] = [];
  for (let i = 0; i <= repeats; i++) {
    const turn = { plain: await costOf(plain), explained: await costOf(explained) };
    if (i > 0) turns.push(turn);
  }
  const ratioOf = (of: keyof Cost): number =>
    median(turns.map((turn) => turn.explained[of] / turn.plain[of]));
  const smallest = (of: keyof Cost): number => Math.min(...turns.map((turn) => turn.plain[of]));
  return {
    plain: { clockMs: smallest("clockMs"), processorMs: smallest("processorMs") },
    ratio: { clockMs: ratioOf("clockMs"), processorMs: ratioOf("processorMs") },
  };
}

function say(line: Record<string, unknown>): void {
  console.log(
    args.json
      ? JSON.stringify(line)
      : Object.entries(line)
          .map(([k, v]) => `${k} ${String(v)}`)
          .join("  "),
  );
}

function sayCosts(network: string, after: string, layer: string, { plain, ratio }: Compared): void {
  say({
    ...{ network, after, layer },
    plainMs: plain.clockMs.toFixed(2),
    ratio: ratio.clockMs.toFixed(3),
    plainProcessorMs: plain.processorMs.toFixed(2),
    processorRatio: ratio.processorMs.toFixed(3),
  });
}

async function compare(network: Network, name: string, after: string, layer: string): Promise<void> {
  const session = await Session.load(network.model, ONE_THREAD);
  const options = { target: classTarget(1), layer, principal: false, baseline: [] };
  const mapper = await gradCam.prepare(network, options);
  const image = imageOf([1, ...network.imageShape]);
  const costs = await compared(
    () => session.run({ [network.input]: image }),
    () => mapper.run(image),
  );
  sayCosts(name, after, layer, costs);
  await session.dispose();
  await mapper.dispose();
}

for (const { name, ends, layer } of CASES) {
  const network = await Network.open(await classifierOf(ORACLE, name, size), { session: ONE_THREAD });
  const layers = network.layers();
  const last = network.findLayers(["auto"])[0];
  // The last Relu but two of the last size is the input of the last block.
  const before = layers.filter((of) => of.operator === "Relu" && of.rows === last?.rows).at(-3);
  await compare(network, name, ends, (layer === "auto" ? last : before)?.name ?? "");
}
/** The default package's own graph: its logits alone, and with its map. */
async function comparePackage(): Promise<void> {
  const { onnx, spec } = await loadPackage(DEFAULT_MODEL_DIR);
  const model = readOnnx(onnx);
  const [plain, whole] = await Promise.all(
    [extract(model, ["logits"]), model].map((graph) => Session.load(graph, ONE_THREAD)),
  );
  const { size: side } = spec.input;
  const feeds = { [model.inputs[0]?.name ?? ""]: imageOf([1, 3, side, side]) };
  if (!plain || !whole) return;
  const costs = await compared(
    () => plain.run(feeds),
    () => whole.run(feeds),
  );
  sayCosts("default package", "cell-wise logits, log-mean-exp", spec.layer, costs);
}
await comparePackage();

const tiny = await Network.open(testNetwork());
const images = joined(Array.from({ length: 5 }, () => imageOf([1, 3, 8, 8])));
for (const method of METHODS) {
  const explainer = await Explainer.open(tiny, { method, target: classTarget(0), layers: ["maps"] });
  const together = await explainer.explain(images);
  let largest = 0;
  for (const [n, image] of singles(images).entries()) {
    const [alone] = await explainer.explain(image);
    alone?.saliency.values.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (together[n]?.saliency.values[i] ?? NaN)));
    });
  }
  say({ method: method.name, largestDifferenceOfBatchAndSingle: largest });
  await explainer.dispose();
}

const explainer = await Explainer.open(tiny, { method: gradCam, target: classTarget(0), layers: ["maps"] });
const maps = Number(args.maps);
const megabytes = (): string => (process.memoryUsage().rss / 2 ** 20).toFixed(1);
for (let done = 0; done <= maps; done++) {
  await explainer.explain(images);
  if (done % Math.max(1, Math.floor(maps / 5)) === 0)
    say({ runs: done, maps: 5 * done, residentMb: megabytes() });
}
await explainer.dispose();
