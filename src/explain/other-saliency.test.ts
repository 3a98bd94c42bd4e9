import { describe, expect, it } from "vitest";

import { Classifier } from "../model/classifier.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../model/package.ts";
import { hiResCam } from "./hires-cam.ts";
import { COMPILED_METHODS } from "./methods.ts";
import { withSaliencyBy } from "./other-saliency.ts";

const SIDE = 256;
/** Row and column of the blood's middle. */
const BLOOD = [100, 150] as const;

/** Brain, and round blood in it, as the three windows show them. */
function bleed(): Uint8Array {
  const rgb = new Uint8Array(3 * SIDE * SIDE);
  for (let row = 40; row < 216; row++)
    for (let column = 60; column < 196; column++) {
      const isBlood = Math.hypot(row - BLOOD[0], column - BLOOD[1]) < 16;
      rgb.set(isBlood ? [207, 121, 42] : [105, 67, 39], 3 * (SIDE * row + column));
    }
  return rgb;
}

describe("a package's map by another method", async () => {
  const loaded = await loadPackage(DEFAULT_MODEL_DIR);
  const mapBy = async (graph: Parameters<typeof Classifier.open>[1]) => {
    const classifier = await Classifier.open(loaded, graph, { threads: 1 });
    const [result] = await classifier.classifyRgb([bleed()]);
    await classifier.dispose();
    return result;
  };

  it("is by the package's own method what the package gives", async () => {
    expect(loaded.spec.saliency.method).toBe("hires-cam");
    const [own, again] = [await mapBy(loaded.onnx), await mapBy(withSaliencyBy(loaded, hiResCam))];
    expect(again?.logits).toEqual(own?.logits);
    expect(again?.saliency.region).toEqual(own?.saliency.region);
    expect(again?.saliency.peak).toBeCloseTo(own?.saliency.peak ?? NaN, 3);
    own?.saliency.values.forEach((value, i) => expect(again?.saliency.values[i]).toBeCloseTo(value, 4));
  });

  it.each(COMPILED_METHODS.map((method) => [method.name, method] as const))(
    "shows the blood: %s",
    async (_name, method) => {
      const { values, rows, columns, region, peak } = (await mapBy(withSaliencyBy(loaded, method)))
        ?.saliency ?? {
        ...{ values: new Float32Array(), rows: 0, columns: 0, peak: 0 },
        region: { top: 0, left: 0, rows: 0, columns: 0 },
      };
      expect(peak).toBeGreaterThan(0);
      // The cell under the blood is among the strong ones.
      const row = Math.floor(((BLOOD[0] / SIDE - region.top) / region.rows) * rows);
      const column = Math.floor(((BLOOD[1] / SIDE - region.left) / region.columns) * columns);
      expect(values[row * columns + column]).toBeGreaterThan(0.3);
    },
  );
});
