/**
 * @file Prints how far `differentiate`'s gradients of whole networks are from PyTorch's, element by element:
 *
 *     /usr/bin/python3 scripts/oracle/networks.py /tmp/networks --full && node scripts/oracle/compare-networks.ts /tmp/networks
 *
 * The error of a weight's gradient is the norm of the difference over the norm. Exit code 1 when one exceeds 1e-3.
 */
import { createReadStream, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { loadNetwork, norm, sketchedError } from "./network.ts";
import type { OracleNetwork } from "./network.ts";

const TOLERANCE = 1e-3;

interface WeightError {
  readonly weight: string;
  readonly error: number;
}

/** The gradients of `--full`, weight by weight; the file is read piece by piece, for VGG-11's is 532 MB. */
async function* storedGradients(path: string, sizes: readonly number[]): AsyncGenerator<Float32Array> {
  const pieces = createReadStream(path, { highWaterMark: 1 << 24 })[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  for (const size of sizes) {
    const parts = [held];
    let length = held.length;
    while (length < 4 * size) {
      const next = await pieces.next();
      if (next.done) throw new Error(`${path}: ends before ${4 * size} bytes of a gradient`);
      const part = next.value as Buffer;
      parts.push(part);
      length += part.length;
    }
    const all = Buffer.concat(parts);
    held = all.subarray(4 * size);
    yield new Float32Array(Uint8Array.from(all.subarray(0, 4 * size)).buffer);
  }
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - (b[i] ?? NaN));
}

/** Errors of all weights: exact where all gradients are stored, by the products with signs otherwise. */
async function errorsOf({ description, run }: OracleNetwork, stored: string): Promise<WeightError[]> {
  const { gradients } = await run();
  const weights = description.weights.filter(({ name }) => gradients.has(name));
  const of = (name: string): Float32Array => gradients.get(name) ?? new Float32Array();
  if (!existsSync(stored)) {
    return weights.map((weight) => ({ weight: weight.name, error: sketchedError(weight, of(weight.name)) }));
  }
  const errors: WeightError[] = [];
  const expected = storedGradients(
    stored,
    weights.map(({ name }) => of(name).length),
  );
  for await (const gradient of expected) {
    const weight = weights[errors.length]?.name ?? "";
    errors.push({ weight, error: norm(difference(of(weight), gradient)) / norm(gradient) });
  }
  return errors;
}

const [folder = "tests/fixtures/oracle/networks"] = process.argv.slice(2);
const names = (await readdir(folder)).filter((file) => file.endsWith(".json"));
console.log("network              image      gradients  median error  largest error  of");
for (const name of names.map((file) => basename(file, ".json")).toSorted()) {
  const network = await loadNetwork(folder, name);
  const errors = await errorsOf(network, join(folder, `${name}.gradients`));
  const sorted = errors.toSorted((a, b) => a.error - b.error);
  const [middle, last] = [sorted[sorted.length >> 1], sorted.at(-1)];
  if (!middle || !last) throw new Error(`${name}: no gradients to compare`);
  if (!(last.error < TOLERANCE)) process.exitCode = 1;
  const { shape } = network.description.image;
  console.log(
    [
      name.padEnd(20),
      shape.join("×").padEnd(12),
      String(errors.length).padStart(7),
      middle.error.toExponential(1).padStart(13),
      last.error.toExponential(1).padStart(14),
      ` ${last.weight}`,
    ].join(" "),
  );
}
