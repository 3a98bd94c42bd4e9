import { describe, expect, it } from "vitest";

import { figuresOf } from "./evaluate.ts";
import { gradCam } from "./grad-cam.ts";
import { judge } from "./judge.ts";
import type { Sample } from "./judge.ts";
import { Network } from "./network.ts";
import { classTarget } from "./target.ts";
import { spotImage, testNetwork } from "./test-network.ts";

/** The spot of the test network's image, and a place far from it; 8 × 8 pixels of 10 mm. */
const mask = (...pixels: number[]) => {
  const inside = new Uint8Array(64);
  for (const pixel of pixels) inside[pixel] = 1;
  return { rows: 8, columns: 8, inside };
};
const SPOT = [22, 23, 30, 31];

const sample = (name: string, drawn: number[], finding: number[] | null): Sample => ({
  ...{ name, group: name, image: spotImage(0, 1, 3), mask: mask(...drawn), pixelMm: 10 },
  finding: finding && mask(...finding),
});

async function figures(samples: readonly Sample[], isFound: boolean) {
  const network = await Network.open(testNetwork());
  const options = {
    ...{ target: classTarget(0), classIndex: 0, baseline: [0, 0, 0], faithfulness: 0, seed: 1 },
    isFound: () => isFound,
  };
  return judge(network, samples, { method: gradCam, layer: "maps" }, options);
}

describe("figuresOf", () => {
  it("counts what points at the finding, at what is drawn, and where the network finds anything", async () => {
    const seen = await figures([sample("a", SPOT, null), sample("b", [56], SPOT)], true);
    const unseen = await figures([sample("c", [56], null)], false);
    const all = figuresOf([seen, unseen], 1);
    expect([all.samples, all.found]).toEqual([3, 2]);
    expect(all.pointing?.value).toBeCloseTo(2 / 3, 6);
    expect(all.pointingFound?.value).toBe(1);
    // Only of "b" is what is drawn not the finding itself.
    expect([all.pointingDrawn?.value, all.pointingEnclosed?.value]).toEqual([0, 0]);
    expect(all.road).toBeNull();
  });

  it("has nothing to say of nothing", () => {
    expect(() => figuresOf([], 1)).toThrow("no maps were judged");
  });
});
