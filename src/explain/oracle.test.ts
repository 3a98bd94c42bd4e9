/**
 * Every method against its definition recomputed in PyTorch on the same exported networks (scripts/oracle/cams.py).
 */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";

import { readOnnx } from "../nn/onnx-file.ts";
import { floats } from "../nn/tensor.ts";
import { singles } from "./method.ts";
import { METHODS } from "./methods.ts";
import { Network } from "./network.ts";
import { pearson } from "./pearson.ts";
import { classTarget } from "./target.ts";

const DIR = join(import.meta.dirname, "..", "..", "tests", "fixtures", "oracle", "cams");
/** What the maps must reach; they do better. */
const LEAST_CORRELATION = 0.999;
/** Scores and map heights are float32 on both sides. */
const LARGEST_RELATIVE_ERROR = 1e-3;
/** Stretched channel by channel, its height is not the definition's. */
const OWN_HEIGHT = ["full-grad"];

interface Fixture {
  readonly layer: string;
  readonly shape: readonly number[];
  readonly images: string;
  readonly cases: readonly { target: number; score: number; maps: Record<string, string> }[];
}

const decoded = (text: string): Float32Array => {
  const { buffer } = Uint8Array.from(Buffer.from(text, "base64"));
  return new Float32Array(buffer);
};
const peakOf = (map: Float32Array): number => map.reduce((a, b) => Math.max(a, b), 0);

const networks = readdirSync(DIR)
  .filter((file) => file.endsWith(".onnx"))
  .map((file) => basename(file, ".onnx"));

describe.each(networks)("%s", (name) => {
  const fixture = JSON.parse(readFileSync(join(DIR, `${name}.json`), "utf8")) as Fixture;
  const images = singles(floats(fixture.shape, decoded(fixture.images)));

  it.each(METHODS.map((method) => [method.name, method] as const))("%s", async (_, method) => {
    const network = await Network.open(readOnnx(readFileSync(join(DIR, `${name}.onnx`))));
    for (const [n, { target, score, maps }] of fixture.cases.entries()) {
      const options = { layer: fixture.layer, principal: false, baseline: [0, 0, 0] };
      const mapper = await method.prepare(network, { ...options, target: classTarget(target) });
      const found = await mapper.run(images[n] ?? floats([0], []));
      await mapper.dispose();
      const expected = decoded(maps[method.name] ?? "");
      const [map = new Float32Array()] = found.maps;
      expect(map.length).toBe(expected.length);
      expect(found.scores[0]).toBeCloseTo(score, 4);
      expect(pearson(map, expected)).toBeGreaterThan(LEAST_CORRELATION);
      if (OWN_HEIGHT.includes(method.name)) continue;
      expect(Math.abs(peakOf(map) / peakOf(expected) - 1)).toBeLessThan(LARGEST_RELATIVE_ERROR);
    }
  });
});
