/**
 * @file The gradient at a convolution's input as convolutions of the gradient at its output: with a stride s, the
 * elements r, r + s, r + 2 s, … of an axis see only every s-th element of the kernel, so each phase r is a small
 * convolution of its own, and no product with an inserted zero is computed.
 */
import { fixedLength } from "../operators/window-slices.ts";
import type { WindowAxis } from "../operators/geometry.ts";

export interface Phase {
  /** Elements of the kernel, in the order in which the convolution sees them; none: this phase is zero. */
  readonly taps: readonly number[];
  readonly dilation: number;
  /** Padding of the output's gradient. */
  readonly before: number;
  readonly after: number;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Length of each phase: that of the longest. */
export function phaseLength(axis: WindowAxis): number {
  return Math.ceil(fixedLength(axis.length) / axis.stride);
}

/** The phases of an axis, one for each offset from 0 to its stride; undefined where one would need negative padding. */
export function phasesOf(axis: WindowAxis): readonly Phase[] | undefined {
  const { kernel, stride, dilation, before, positions } = axis;
  // dx[s q + r] = Σ w[t] dy[q + (r + before - t d) / s] over the elements t for which that is a whole number.
  const found = Array.from({ length: stride }, (_, r): Phase => {
    const all = Array.from({ length: kernel }, (__, i) => kernel - 1 - i);
    const taps = all.filter((t) => (r + before - t * dilation) % stride === 0);
    const first = taps[0];
    const last = taps.at(-1);
    if (first === undefined || last === undefined) return { taps, dilation: 1, before: 0, after: 0 };
    return {
      taps,
      dilation: taps.length > 1 ? dilation / greatestDivisor(stride, dilation) : 1,
      before: (first * dilation - r - before) / stride,
      after: phaseLength(axis) + (r + before - last * dilation) / stride - fixedLength(positions),
    };
  });
  return found.every((phase) => phase.before >= 0 && phase.after >= 0) ? found : undefined;
}
