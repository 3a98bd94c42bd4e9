/**
 * @file How often each Hounsfield unit occurs, in bins.
 */
import { AIR_HU } from "../../domain/slice.ts";

/** Shares of all pixels by bin; a bin's name is its lowest value. */
export interface HuCounts {
  readonly pixels: number;
  /** From air to dense bone, 32 HU wide: `[lowest HU, share]`. */
  readonly whole: readonly (readonly [hu: number, share: number])[];
  /** Where brain, CSF and blood lie, 2 HU wide. */
  readonly brain: readonly (readonly [hu: number, share: number])[];
}

const WHOLE = { fromHu: AIR_HU, toHu: 3072, binHu: 32 };
const BRAIN = { fromHu: -40, toHu: 140, binHu: 2 };

export class HuHistogram {
  /** By HU + 32768. Shape `[65536]`. */
  readonly #counts = new Float64Array(65536);
  #pixels = 0;

  add(hu: Int16Array): void {
    for (let i = 0; i < hu.length; i++) {
      const at = (hu[i] as number) + 32768;
      this.#counts[at] = (this.#counts[at] as number) + 1;
    }
    this.#pixels += hu.length;
  }

  counts(): HuCounts {
    return { pixels: this.#pixels, whole: this.#binned(WHOLE), brain: this.#binned(BRAIN) };
  }

  #binned({ fromHu, toHu, binHu }: typeof WHOLE): [hu: number, share: number][] {
    return Array.from({ length: (toHu - fromHu) / binHu }, (_, bin) => {
      const lowest = fromHu + bin * binHu;
      const inBin = this.#counts.subarray(lowest + 32768, lowest + binHu + 32768);
      return [lowest, inBin.reduce((sum, count) => sum + count, 0) / Math.max(1, this.#pixels)];
    });
  }
}
