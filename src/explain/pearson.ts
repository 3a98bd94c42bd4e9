/** @file Pearson's correlation: how alike two maps are, whatever their height. */

/** −1…1; 0 where one of them does not vary. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length;
  let [sumA, sumB] = [0, 0];
  for (let i = 0; i < count; i++) {
    sumA += a[i] ?? 0;
    sumB += b[i] ?? 0;
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  const scale = Math.sqrt(squareA * squareB);
  return scale > 0 ? product / scale : 0;
}
