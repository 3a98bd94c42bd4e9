/**
 * @file A constant matrix applied along one axis: what reflecting, sampling and interpolating are, axis by axis.
 *
 * The gradient of such an operator is the transposed matrix applied along the same axis.
 */
import type { GraphBuilder } from "../builder.ts";
import { floats } from "../tensor.ts";

/** `values` row by row, `[rows, columns]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** The matrix with the sum of `entries` at each place. @param entries row, column and value */
export function matrixOf(
  rows: number,
  columns: number,
  entries: Iterable<readonly [row: number, column: number, value: number]>,
): Matrix {
  const values = new Float32Array(rows * columns);
  for (const [row, column, value] of entries) {
    values[row * columns + column] = (values[row * columns + column] ?? 0) + value;
  }
  return { rows, columns, values };
}

function transposed({ rows, columns, values }: Matrix): Float32Array {
  return Float32Array.from({ length: values.length }, (_, i) => {
    return values[(i % rows) * columns + Math.floor(i / rows)] ?? 0;
  });
}

/** Add `matrix` applied along `axis` of a value of `rank` axes: length `columns` becomes `rows`. */
export function applyAlongAxis(
  graph: GraphBuilder,
  value: string,
  matrix: Matrix,
  axis: number,
  rank: number,
): string {
  const { rows, columns, values } = matrix;
  if (axis === rank - 1) {
    const right = floats([columns, rows], transposed(matrix));
    return graph.add("MatMul", [value, graph.constant(right)]);
  }
  const left = graph.constant(floats([rows, columns], values));
  if (axis === rank - 2) return graph.add("MatMul", [left, value]);
  const perm = Array.from({ length: rank }, (_, i) => i);
  perm.splice(rank - 2, 1, axis);
  perm.splice(axis, 1, rank - 2);
  const product = graph.add("MatMul", [left, graph.add("Transpose", [value], { perm })]);
  return graph.add("Transpose", [product], { perm });
}

/** As `applyAlongAxis`, with the transposed matrix: length `rows` becomes `columns`. */
export function applyTransposed(
  graph: GraphBuilder,
  value: string,
  matrix: Matrix,
  axis: number,
  rank: number,
): string {
  const { rows, columns } = matrix;
  return applyAlongAxis(
    graph,
    value,
    { rows: columns, columns: rows, values: transposed(matrix) },
    axis,
    rank,
  );
}
