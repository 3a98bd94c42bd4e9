/**
 * @file The promise that a package says what the network said that was trained, up to how it keeps its weights.
 */

/** How a package keeps matrices and kernels. */
export const WEIGHT_FORMATS = ["float16", "float32"] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** The package's logits may differ so much from the trained network's: share of the largest, by how weights are kept. */
const LOGIT_TOLERANCE: Readonly<Record<WeightFormat, number>> = { float32: 1e-3, float16: 5e-2 };

/** @throws RangeError where the package says something else than the network that was trained */
export function checkSameLogits(
  network: readonly Float32Array[],
  packaged: readonly Float32Array[],
  weights: WeightFormat,
): void {
  let [largest, off] = [1, 0];
  network.forEach((row, n) =>
    row.forEach((value, c) => {
      largest = Math.max(largest, Math.abs(value));
      off = Math.max(off, Math.abs(value - (packaged[n]?.[c] ?? NaN)));
    }),
  );
  if (off / largest <= LOGIT_TOLERANCE[weights]) return;
  throw new RangeError(
    `the package's logits are off by ${(off / largest).toExponential(1)} of the largest; --weights ${weights} may be ` +
      `off by ${LOGIT_TOLERANCE[weights]}${weights === "float16" ? ": use --weights float32" : ""}`,
  );
}
