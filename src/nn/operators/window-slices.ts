/** @file What each element of a sliding window sees: one strided slice of the padded image an element. */
import type { GraphBuilder } from "../builder.ts";
import { GraphError } from "../model.ts";
import { extent } from "./geometry.ts";
import type { WindowAxis } from "./geometry.ts";

/** Every combination of one index per axis, the last axis fastest. */
export function offsets(axes: readonly WindowAxis[]): readonly (readonly number[])[] {
  return axes.reduce<readonly (readonly number[])[]>(
    (found, { kernel }) =>
      found.flatMap((offset) => Array.from({ length: kernel }, (_, i) => [...offset, i])),
    [[]],
  );
}

/** A length or a number of positions. @throws GraphError when it is known only when the model runs */
export function fixedLength(length: number | string): number {
  if (typeof length === "number") return length;
  throw new GraphError(
    `length "${length}" is known only when the model runs; declare it on the model's input`,
  );
}

/**
 * For each element of the window, in the kernel's order, what it sees at every position: names of values
 * `[N, C, …positions]`.
 * @param image name of a value `[N, C, …lengths]`
 * @param padding value of the elements outside the image
 */
export function windowSlices(
  graph: GraphBuilder,
  image: string,
  axes: readonly WindowAxis[],
  padding: number,
): readonly string[] {
  const positions = axes.map((axis) => fixedLength(axis.positions));
  const after = axes.map((axis, i) => {
    const reached = ((positions[i] ?? 1) - 1) * axis.stride + extent(axis);
    return Math.max(0, reached - axis.before - fixedLength(axis.length));
  });
  const before = axes.map((axis) => axis.before);
  const padded = [...before, ...after].some((n) => n > 0)
    ? graph.add("Pad", [image, graph.ints([0, 0, ...before, 0, 0, ...after]), graph.scalar(padding)])
    : image;
  if (
    axes.every(({ kernel, stride, length }, i) => kernel === 1 && stride === 1 && length === positions[i])
  ) {
    return [padded];
  }
  return offsets(axes).map((offset) => {
    const starts = axes.map(({ dilation }, i) => (offset[i] ?? 0) * dilation);
    const ends = axes.map(({ stride }, i) => (starts[i] ?? 0) + ((positions[i] ?? 1) - 1) * stride + 1);
    const bounds = [starts, ends, axes.map((_, i) => i + 2), axes.map(({ stride }) => stride)];
    return graph.add("Slice", [padded, ...bounds.map((values) => graph.ints(values))]);
  });
}
