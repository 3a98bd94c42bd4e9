/**
 * @file Trying a loaded model before anything depends on it: a package can be whole and its graph still fail, or
 * answer with what are no probabilities.
 */
import type { Classifier } from "./classifier.ts";
import { ModelPackageError } from "./spec.ts";

const MIDDLE_GREY = 128;
/** Probabilities are float32 sums. */
const TOLERANCE = 1e-3;

/**
 * Score a black and a grey picture.
 * @throws ModelPackageError when the answer is none
 */
export async function tryClassifier(classifier: Classifier): Promise<void> {
  const { size } = classifier.spec.input;
  const pictures = [0, MIDDLE_GREY].map((level) => new Uint8Array(size * size * 3).fill(level));
  const results = await classifier.classifyRgb(pictures).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelPackageError(`model.onnx does not run: ${why}`, { cause });
  });
  for (const { probabilities, saliency } of results) {
    const sum = probabilities.reduce((a, b) => a + b, 0);
    const isWhole = probabilities.length === classifier.labels.length && Math.abs(sum - 1) < TOLERANCE;
    if (!isWhole || saliency.values.some((value) => !Number.isFinite(value))) {
      const got = `${probabilities.join(", ")}; saliency ${saliency.rows} x ${saliency.columns}`;
      throw new ModelPackageError(
        `model.onnx: expected ${classifier.labels.length} probabilities and a finite map of a plain picture, got ${got}`,
      );
    }
  }
}
