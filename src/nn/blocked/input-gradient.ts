/** @file The gradient of a blocked convolution at its input. */
import type { GraphBuilder } from "../builder.ts";
import { GraphError } from "../model.ts";
import type { WindowAxis } from "../operators/geometry.ts";
import { fixedLength } from "../operators/window-slices.ts";
import { blockedOperator, windowAttributes } from "./layout.ts";
import { phaseLength, phasesOf } from "./phases.ts";
import type { Phase } from "./phases.ts";

/** A blocked convolution; all channels are whole blocks. */
export interface BlockedConvolution {
  readonly block: number;
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  /** Every channel for itself. */
  readonly depthwise: boolean;
  readonly axes: readonly [WindowAxis, WindowAxis];
}

/**
 * The filter with input and output exchanged, `[taps, …]` last but for its blocks, so that elements can be picked:
 * `[C / block, M / block, taps, block · block]`, or `[C / block, taps, block]` where depthwise.
 */
function exchanged(graph: GraphBuilder, filter: string, conv: BlockedConvolution): string {
  const { block, channels, filters, depthwise, axes } = conv;
  const taps = axes[0].kernel * axes[1].kernel;
  if (depthwise) return graph.add("Reshape", [filter, graph.ints([channels / block, taps, block])]);
  const blocks = (filters / block) * (channels / block);
  const tiles = graph.add("Reshape", [filter, graph.ints([blocks * taps, block, block, 1])]);
  // Reordering transposes each tile [block, block] of one element of the kernel.
  const transposed = graph.add(blockedOperator("ReorderOutput"), [tiles], { channels: block });
  const shape = graph.ints([filters / block, channels / block, taps, block * block]);
  return graph.add("Transpose", [graph.add("Reshape", [transposed, shape])], { perm: [1, 0, 2, 3] });
}

/** The picked elements of an exchanged filter as the filter of a convolution. */
function pick(
  graph: GraphBuilder,
  filter: string,
  conv: BlockedConvolution,
  rows: Phase,
  columns: Phase,
): string {
  const { channels, filters, depthwise, axes } = conv;
  const taps = rows.taps.flatMap((row) => columns.taps.map((column) => row * axes[1].kernel + column));
  const axis = depthwise ? 1 : 2;
  const whole = taps.length === axes[0].kernel * axes[1].kernel && taps.every((tap, i) => tap === i);
  const picked = whole ? filter : graph.add("Gather", [filter, graph.ints(taps)], { axis });
  const kernel = [rows.taps.length, columns.taps.length];
  return graph.add("Reshape", [picked, graph.ints([channels, depthwise ? 1 : filters, ...kernel])]);
}

/** Blocked values laid side by side along the last axis of `[rows, length]`; one of them is only reshaped. */
function joined(graph: GraphBuilder, parts: readonly string[], rows: number, length: number): string {
  const flat = parts.map((part) => graph.add("Reshape", [part, graph.ints([rows, length])]));
  return flat.length === 1 ? (flat[0] ?? "") : graph.add("Concat", flat, { axis: 1 });
}

/**
 * The gradient at the input, blocked, `[N, C, H, W]`.
 * @param outputGradient blocked, `[N, M, …positions]`
 * @param filter as blocked Conv takes it
 */
export function blockedInputGradient(
  graph: GraphBuilder,
  outputGradient: string,
  filter: string,
  conv: BlockedConvolution,
): string {
  const { block, batch, channels, depthwise, axes } = conv;
  const phases = [phasesOf(axes[0]), phasesOf(axes[1])];
  const [rowPhases, columnPhases] = phases;
  if (!rowPhases || !columnPhases) {
    throw new GraphError("a blocked convolution is padded by more than its kernel reaches");
  }
  const source = exchanged(graph, filter, conv);
  const [height, width] = [phaseLength(axes[0]), phaseLength(axes[1])];
  const planes = batch * (channels / block);
  const zero = () => graph.constant({ type: "float32", shape: [1], data: new Float32Array(1) });
  const phase = (rows: Phase, columns: Phase): string => {
    if (rows.taps.length === 0 || columns.taps.length === 0) {
      return graph.add("Expand", [zero(), graph.ints([batch, channels, height, width])]);
    }
    const window = [rows, columns].map(({ taps, dilation, before, after }) => ({
      kernel: taps.length,
      stride: 1,
      dilation,
      before,
      after,
    }));
    const inputs = [outputGradient, pick(graph, source, conv, rows, columns)];
    return graph.add(blockedOperator("Conv"), inputs, windowAttributes(window, depthwise ? channels : 1));
  };
  // Columns of one pixel row lie side by side, [pixels, block] after [pixels, block]; then whole rows do.
  const rows = rowPhases.map((row) =>
    joined(
      graph,
      columnPhases.map((column) => phase(row, column)),
      planes * height * width,
      block,
    ),
  );
  const rowLength = axes[1].stride * width * block;
  const whole = joined(graph, rows, planes * height, rowLength);
  const lengths = axes.map(({ length }) => fixedLength(length));
  const full = [axes[0].stride * height, axes[1].stride * width];
  if (full.every((length, i) => length === lengths[i])) {
    return graph.add("Reshape", [whole, graph.ints([batch, channels, ...lengths])]);
  }
  const image = graph.add("Reshape", [whole, graph.ints([planes, ...full, block])]);
  const cut = graph.add("Slice", [image, graph.ints([0, 0]), graph.ints(lengths), graph.ints([1, 2])]);
  return graph.add("Reshape", [cut, graph.ints([batch, channels, ...lengths])]);
}
