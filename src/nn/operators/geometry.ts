/**
 * @file Where a sliding window stands: strides, dilations and padding of Conv, ConvTranspose and the pools, explicit.
 *
 * ONNX operator specification, "Conv", "ConvTranspose", "MaxPool": every form of padding (`pads`, `auto_pad`,
 * `output_shape`) becomes a number before and one after each axis.
 */
import { GraphError, describeNode, intAttribute, intsAttribute } from "../model.ts";
import type { Dimension, Node, Shape } from "../model.ts";

/** One spatial axis of a window. */
export interface WindowAxis {
  /** Length of the axis that the window slides over; a name where it is known only when the model runs. */
  readonly length: Dimension;
  /** Number of the window's positions. */
  readonly positions: Dimension;
  /** Elements of the window. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first element. */
  readonly before: number;
  /** Padding after the last element. */
  readonly after: number;
}

/** Elements from the first to the last that a window covers. */
export function extent({ kernel, dilation }: WindowAxis): number {
  return (kernel - 1) * dilation + 1;
}

/** A string attribute, or its default. */
function stringAttribute({ attributes }: Node, name: string, otherwise: string): string {
  const attribute = attributes[name];
  return attribute?.kind === "string" ? attribute.value : otherwise;
}

interface AxisAttributes {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly autoPad: string;
}

function axisAttributes(node: Node, rank: number): AxisAttributes {
  const ones = Array.from({ length: rank }, () => 1);
  return {
    strides: intsAttribute(node, "strides") ?? ones,
    dilations: intsAttribute(node, "dilations") ?? ones,
    pads: intsAttribute(node, "pads") ?? Array.from({ length: 2 * rank }, () => 0),
    autoPad: stringAttribute(node, "auto_pad", "NOTSET"),
  };
}

/** A total split in two halves; the odd one goes last, or first where `lower`. */
function halves(total: number, lower: boolean): readonly [before: number, after: number] {
  const small = Math.floor(total / 2);
  return lower ? [total - small, small] : [small, total - small];
}

function needsLength(length: Dimension, node: Node, axis: number): number {
  if (typeof length === "number") return length;
  throw new GraphError(
    `${describeNode(node)}: the length of spatial axis ${axis} is "${length}", known only when the model runs; ` +
      `declare it on the model's input`,
  );
}

/**
 * The axes of a node whose window slides over its input (Conv, pools).
 * @param spatial the input's lengths after batch and channel
 * @param kernel elements of the window along each axis
 */
export function windowAxes(node: Node, spatial: Shape, kernel: readonly number[]): readonly WindowAxis[] {
  const { strides, dilations, pads, autoPad } = axisAttributes(node, spatial.length);
  const roundsUp = intAttribute(node, "ceil_mode", 0) === 1;
  return spatial.map((length, axis) => {
    const [stride, dilation, size] = [strides[axis] ?? 1, dilations[axis] ?? 1, kernel[axis] ?? 1];
    const covered = (size - 1) * dilation + 1;
    let [before, after] = [pads[axis] ?? 0, pads[spatial.length + axis] ?? 0];
    if (autoPad === "VALID") [before, after] = [0, 0];
    if (autoPad.startsWith("SAME")) {
      const known = needsLength(length, node, axis);
      const total = Math.max(0, (Math.ceil(known / stride) - 1) * stride + covered - known);
      [before, after] = halves(total, autoPad === "SAME_LOWER");
    }
    const fixed = { length, kernel: size, stride, dilation, before, after };
    if (typeof length === "string") {
      const keeps = stride === 1 && before + after === covered - 1;
      return { ...fixed, positions: keeps ? length : `(${length}+${before + after - covered})/${stride}+1` };
    }
    const steps = (length + before + after - covered) / stride;
    const rounded = (roundsUp ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would begin in the padding after the input is dropped.
    const positions = roundsUp && (rounded - 1) * stride >= length + before ? rounded - 1 : rounded;
    return { ...fixed, positions };
  });
}

/**
 * The axes of a ConvTranspose node, whose window slides over its output: `positions` is its input's length, `length`
 * its output's.
 * @param spatial the input's lengths after batch and channel
 */
export function transposedAxes(node: Node, spatial: Shape, kernel: readonly number[]): readonly WindowAxis[] {
  const { strides, dilations, pads, autoPad } = axisAttributes(node, spatial.length);
  const outputPaddings = intsAttribute(node, "output_padding");
  const outputShape = intsAttribute(node, "output_shape")?.slice(-spatial.length);
  return spatial.map((positions, axis) => {
    const [stride, dilation, size] = [strides[axis] ?? 1, dilations[axis] ?? 1, kernel[axis] ?? 1];
    const outputPadding = outputPaddings?.[axis] ?? 0;
    const fixed = { positions, kernel: size, stride, dilation };
    const known = needsLength(positions, node, axis);
    const unpadded = (known - 1) * stride + outputPadding + (size - 1) * dilation + 1;
    const asked = outputShape?.[axis] ?? (autoPad.startsWith("SAME") ? known * stride : undefined);
    if (asked === undefined) {
      const valid = autoPad === "VALID";
      const [before, after] = valid ? [0, 0] : [pads[axis] ?? 0, pads[spatial.length + axis] ?? 0];
      return { ...fixed, length: unpadded - before - after, before, after };
    }
    const [before, after] = halves(Math.max(0, unpadded - asked), autoPad !== "SAME_UPPER");
    return { ...fixed, length: asked, before, after };
  });
}
