import { describe, expect, it } from "vitest";

import { Explainer } from "./explainer.ts";
import { gradCam } from "./grad-cam.ts";
import { joined } from "./method.ts";
import { METHODS, findMethod } from "./methods.ts";
import { Network } from "./network.ts";
import { classTarget, differenceTarget, parseTarget, predictedTarget } from "./target.ts";
import type { Target } from "./target.ts";
import { spotImage, testNetwork } from "./test-network.ts";

/** The spot lies in the 2 × 2 cells around the second row, fourth column of the maps. */
const image = spotImage(0, 1, 3);

async function explainOne(name: string, target: Target, images = image) {
  const explainer = await Explainer.open(await Network.open(testNetwork()), {
    method: findMethod(name),
    target,
    layers: ["maps"],
  });
  const results = await explainer.explain(images);
  await explainer.dispose();
  return results;
}

/** By definition: no target, magnitudes only, a softmax over channels, a component without a sign. */
const BLIND_TO_SIGN = ["eigen-cam", "full-grad", "score-cam", "eigen-grad-cam"];

const peakPlace = (values: Float32Array): number => values.indexOf(Math.max(...values));

describe.each(METHODS.map((method) => [method.name]))("the contract of %s", (name) => {
  it("points at the one spot there is, and says how high", async () => {
    const [result] = await explainOne(name, classTarget(0));
    const { saliency } = result ?? {};
    expect(result?.score).toBeCloseTo(4 / 16, 6);
    expect(saliency?.peak).toBeGreaterThan(0);
    const { values = new Float32Array(), rows = 1, columns = 1 } = saliency ?? {};
    const place = peakPlace(values);
    const [y, x] = [(Math.floor(place / columns) + 0.5) / rows, ((place % columns) + 0.5) / columns];
    expect([y > 0.25 && y < 0.5, x > 0.75]).toEqual([true, true]);
  });

  it("gives a batch what it gives single images", async () => {
    const other = spotImage(1, 2, 0, 3);
    const both = await explainOne(name, predictedTarget, joined([image, other]));
    for (const [n, single] of [image, other].entries()) {
      const [alone] = await explainOne(name, predictedTarget, single);
      expect(both[n]).toEqual(alone);
    }
  });

  it("of an image without anything is empty", async () => {
    const [result] = await explainOne(name, classTarget(0), spotImage(0, 0, 0, 0));
    expect(result?.saliency.peak).toBe(0);
    expect(result?.saliency.values.every((value) => value === 0)).toBe(true);
  });
});

describe("a map that knows for from against", () => {
  const signed = METHODS.map(({ name }) => name).filter((name) => !BLIND_TO_SIGN.includes(name));
  it.each(signed)("%s: of a class with no evidence it is empty", async (name) => {
    const [result] = await explainOne(name, differenceTarget(1, 0));
    expect(result?.score).toBeLessThan(0);
    expect(result?.saliency.peak).toBeLessThan(1e-6);
  });
});

describe("targets", () => {
  it("are words: a class, its number, a difference, the predicted", () => {
    const labels = ["cat", "dog"];
    expect(parseTarget("dog", labels).name).toBe("dog");
    expect(parseTarget("0", labels).name).toBe("cat");
    expect(parseTarget("dog - cat", labels).name).toBe("dog - cat");
    expect(parseTarget("predicted", labels)).toBe(predictedTarget);
    expect(() => parseTarget("cow", labels)).toThrow('no class "cow"; its classes are cat, dog');
  });

  it("may be any function of the logits", async () => {
    const squared: Target = {
      name: "cat squared",
      add: (graph, logits, classes, undisturbed) => {
        const cat = classTarget(0).add(graph, logits, classes, undisturbed);
        return graph.add("Mul", [cat, cat]);
      },
    };
    const [result] = await explainOne("grad-cam", squared);
    // d(m²)/dm = 2 m = 0.5; m is the mean of 16 cells; the spot's cell is 4: 0.5 / 16 · 4.
    expect(result?.score).toBeCloseTo(0.0625, 6);
    expect(result?.saliency.peak).toBeCloseTo(0.125, 6);
  });
});

describe("a network", () => {
  it("finds its layers, its classes and the logits behind a Softmax", async () => {
    const network = await Network.open(testNetwork({ softmax: true }));
    expect(network.classes).toBe(2);
    expect(network.logits).toBe("logits");
    expect(network.layers().map(({ name, rows, columns }) => [name, rows, columns])).toContainEqual([
      "maps",
      4,
      4,
    ]);
    expect(network.findLayers(["auto"])[0]?.name).toBe("maps");
    expect(() => network.findLayers(["block9"])).toThrow(/no layer "block9".*maps/);
  });

  it("that takes one image at a time is given one at a time", async () => {
    const network = await Network.open(testNetwork({ input: [1, 3, 8, 8] }));
    const explainer = await Explainer.open(network, { method: gradCam, target: classTarget(0) });
    const results = await explainer.explain(joined([image, image]));
    await explainer.dispose();
    expect(results).toHaveLength(2);
    expect(results[1]).toEqual(results[0]);
  });

  it("of open size needs one", async () => {
    const open = testNetwork({ input: ["N", 3, "H", "W"] });
    await expect(Network.open(open)).rejects.toThrow("--input-size");
    expect((await Network.open(open, { size: 8 })).imageShape).toEqual([3, 8, 8]);
  });

  it("without a gradient rule is told of the methods that need none", async () => {
    const network = await Network.open(testNetwork({ opaque: true }));
    const opening = Explainer.open(network, { method: gradCam, target: classTarget(0), layers: ["maps"] });
    await expect(opening).rejects.toThrow(/Sinh.*Without gradients work eigen-cam, ablation-cam/);
    const explainer = await Explainer.open(network, {
      method: findMethod("ablation-cam"),
      target: classTarget(0),
      layers: ["maps"],
    });
    expect((await explainer.explain(image))[0]?.saliency.peak).toBeGreaterThan(0);
    await explainer.dispose();
  });
});

describe("smoothing and several layers", () => {
  it("by mirror images keeps the place", async () => {
    const network = await Network.open(testNetwork());
    for (const options of [{ augmented: true }, { principal: true }, { layers: ["maps", "auto"] }]) {
      const explainer = await Explainer.open(network, {
        method: gradCam,
        target: classTarget(0),
        ...options,
      });
      const [result] = await explainer.explain(image);
      await explainer.dispose();
      const { values = new Float32Array(), columns = 1, rows = 1 } = result?.saliency ?? {};
      const place = peakPlace(values);
      expect(Math.floor((4 * Math.floor(place / columns)) / rows)).toBe(1);
      expect(Math.floor((4 * (place % columns)) / columns)).toBe(3);
    }
  });
});
