/**
 * @file Slabs: neighbouring thin slices averaged to about the thickness the model was trained on.
 *
 * A 0.6 mm slice is noisier and shows finer bone than the 5 mm slices of a routine head CT; the mean of the slices
 * within 5 mm is what the same scanner would have reconstructed at 5 mm. Pure; works on a stream, so that a study
 * of any size is held one slab at a time.
 */
import type { Slice } from "../domain/slice.ts";
import type { Grid } from "./resize.ts";

/** Averaged neighbours. `sliceIndices` count from 0 in the order the slices came. */
export interface Slab {
  readonly image: Grid;
  readonly spacingMm: readonly [rowMm: number, columnMm: number];
  readonly sliceIndices: readonly number[];
}

/** A slab may be this much thicker than wanted, so that rounded positions do not cost it its last slice. */
const SLAB_TOLERANCE = 1.1;

/** Collects slices in position order and says when a slab is full. */
export class SlabBuilder {
  readonly #slabMm: number;
  #sum: Float32Array | null = null;
  #first: Slice | null = null;
  #previous: Slice | null = null;
  #indices: number[] = [];
  #next = 0;

  /** @param slabMm wanted thickness; thicker slices, and those farther apart, stay alone. */
  constructor(slabMm: number) {
    if (!(slabMm > 0)) throw new RangeError(`slab: expected a positive thickness in mm, got ${slabMm}`);
    this.#slabMm = slabMm;
  }

  /** Take the next slice; the finished slab before it, if this one begins another. */
  push(slice: Slice): Slab | null {
    const finished = this.#belongs(slice) ? null : this.flush();
    this.#first ??= slice;
    this.#previous = slice;
    const { hu } = slice;
    const sum = this.#sum;
    if (sum === null) this.#sum = Float32Array.from(hu);
    else for (let i = 0; i < hu.length; i++) sum[i] = (sum[i] as number) + (hu[i] as number);
    this.#indices.push(this.#next++);
    return finished;
  }

  /** The slab begun last, or null when none is. */
  flush(): Slab | null {
    const [sum, first, indices] = [this.#sum, this.#first, this.#indices];
    [this.#sum, this.#first, this.#previous, this.#indices] = [null, null, null, []];
    if (sum === null || first === null) return null;
    const count = indices.length;
    if (count > 1) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) / count;
    return {
      image: { rows: first.rows, columns: first.columns, values: sum },
      spacingMm: first.spacingMm,
      sliceIndices: indices,
    };
  }

  /**
   * Whether the slab, with this slice in it, would still be about as thick as wanted: from the first slice's
   * near face to this one's far face, by the slice's thickness or its distance to the one before.
   */
  #belongs(slice: Slice): boolean {
    const [first, previous] = [this.#first, this.#previous];
    if (first === null || previous === null) return true;
    const sameGrid =
      slice.rows === first.rows &&
      slice.columns === first.columns &&
      slice.spacingMm.every((mm, axis) => Math.abs(mm - (first.spacingMm[axis] ?? 0)) < 1e-3);
    const ownMm = Math.max(slice.thicknessMm ?? 0, slice.positionMm - previous.positionMm);
    return sameGrid && slice.positionMm - first.positionMm + ownMm <= this.#slabMm * SLAB_TOLERANCE;
  }
}

/** Slabs of slices that are all at hand, in position order. */
export function* slabs(slices: Iterable<Slice>, slabMm: number): Generator<Slab> {
  const builder = new SlabBuilder(slabMm);
  for (const slice of slices) {
    const slab = builder.push(slice);
    if (slab !== null) yield slab;
  }
  const last = builder.flush();
  if (last !== null) yield last;
}
