/**
 * @file The blocked layout of ONNX Runtime's own convolutions ("NCHWc"): channels in blocks of 8 or 16 that stand
 * together for each pixel, `[N, C / block, H, W, block]`. A blocked value is declared as `[N, C, H, W]` with C rounded up to
 * whole blocks; the added channels hold nothing of meaning.
 *
 * Operators of the domain `com.microsoft.nchwc` (onnxruntime, `nchwc_schema_defs.cc`, `mlas/lib/snchwc.cpp`): ONNX Runtime
 * brings a graph to them by itself where the weights are constants. In training they are not, so we do it.
 */
import type { WindowAxis } from "../operators/geometry.ts";

/** The blocked form of an operator; `onnx-file.ts` takes what stands before the last dot as its domain. */
export function blockedOperator(operator: string): string {
  return `com.microsoft.nchwc.${operator}`;
}

/** Channels rounded up to whole blocks. */
export function wholeBlocks(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

/** Attributes of a blocked Conv over the axes. */
export function windowAttributes(axes: readonly Omit<WindowAxis, "length" | "positions">[], group: number) {
  return {
    group,
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
  };
}
