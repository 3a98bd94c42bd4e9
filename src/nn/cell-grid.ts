/**
 * @file Where the cells of a feature map lie on the input image.
 *
 * A cell's centre is the centre of what it is computed from (Dumoulin & Visin 2016, arXiv 1603.07285). Padding on
 * one side only, or none, moves the map against the image by up to half a cell: without this a heat map points
 * beside the finding.
 */
import { intAttribute, intsAttribute } from "./model.ts";
import type { Model, Node } from "./model.ts";
import { infer } from "./infer-shapes.ts";

/** Cells along one axis, in pixels of the input: cell i covers `start + i · step` to `start + (i + 1) · step`. */
export interface CellAxis {
  readonly count: number;
  readonly start: number;
  readonly step: number;
}

/** Cells along one axis: their number, the distance of their centres, and the first centre's pixel coordinate. */
interface Track {
  readonly count: number;
  readonly step: number;
  readonly first: number;
}

const WINDOWED = ["Conv", "MaxPool", "AveragePool"];

/** Kernel, stride, dilation and padding along one axis. */
function windowAlong(node: Node, axis: 0 | 1, kernelShape: readonly number[], count: number) {
  const kernel = kernelShape[axis] ?? 1;
  const stride = intsAttribute(node, "strides")?.[axis] ?? 1;
  const reach = (kernel - 1) * (intsAttribute(node, "dilations")?.[axis] ?? 1) + 1;
  const autoPad = node.attributes["auto_pad"];
  const mode = autoPad?.kind === "string" ? autoPad.value : "NOTSET";
  const pads = intsAttribute(node, "pads");
  const given = mode === "VALID" ? [0, 0] : [pads?.[axis] ?? 0, pads?.[axis + 2] ?? 0];
  if (!mode.startsWith("SAME")) return { stride, reach, before: given[0] ?? 0, after: given[1] ?? 0 };
  const total = Math.max(0, (Math.ceil(count / stride) - 1) * stride + reach - count);
  const half = mode === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  return { stride, reach, before: half, after: total - half };
}

function afterWindow(model: Model, node: Node, axis: 0 | 1, { count, step, first }: Track): Track {
  const weights = model.initializers.get(node.inputs[1] ?? "")?.shape.slice(2);
  const kernelShape = intsAttribute(node, "kernel_shape") ?? weights ?? [];
  const { stride, reach, before, after } = windowAlong(node, axis, kernelShape, count);
  const room = (count + before + after - reach) / stride;
  return {
    count: (intAttribute(node, "ceil_mode", 0) ? Math.ceil(room) : Math.floor(room)) + 1,
    step: step * stride,
    first: first + step * ((reach - 1) / 2 - before),
  };
}

function afterPad(model: Model, node: Node, axis: 0 | 1, { count, step, first }: Track): Track {
  const pads = intsAttribute(node, "pads") ?? infer(model).contextOf(node).constantInts(1) ?? [];
  const [before = 0, after = 0] = [pads[2 + axis], pads[6 + axis]];
  return { count: count + before + after, step, first: first - step * before };
}

function track(model: Model, value: string, axis: 0 | 1, size: number): Track | undefined {
  const tracks = new Map<string, Track>();
  for (const { name } of model.inputs) tracks.set(name, { count: size, step: 1, first: 0 });
  for (const node of model.nodes) {
    // Where several come together (squeeze-and-excitation), the one with the most cells is the map.
    const [input] = node.inputs
      .flatMap((name) => tracks.get(name) ?? [])
      .toSorted((a, b) => b.count - a.count);
    if (!input) continue;
    let output = input;
    if (WINDOWED.includes(node.operator)) output = afterWindow(model, node, axis, input);
    else if (node.operator === "Pad") output = afterPad(model, node, axis, input);
    else if (node.operator.startsWith("Global")) {
      const { count, step, first } = input;
      output = { count: 1, step: step * count, first: first + (step * (count - 1)) / 2 };
    }
    for (const name of node.outputs) tracks.set(name, output);
  }
  return tracks.get(value);
}

/**
 * Where the cells of `value` `[N, C, rows, columns]` lie on a square input of `size` pixels; rows, then columns.
 * null when the walk does not arrive at as many cells as there are (an operator that resamples).
 */
export function cellGrid(
  model: Model,
  value: string,
  size: number,
  cells: readonly [rows: number, columns: number],
): readonly [CellAxis, CellAxis] | null {
  const [rows, columns] = ([0, 1] as const).map((axis): CellAxis | null => {
    const found = track(model, value, axis, size);
    if (!found || found.count !== cells[axis]) return null;
    return { count: found.count, step: found.step, start: found.first + 0.5 - found.step / 2 };
  });
  return rows && columns ? [rows, columns] : null;
}
