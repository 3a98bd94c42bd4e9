/**
 * @file Instances' bytes, one after the other in position order → pictures for the network, each as soon as its
 * slab is complete. What cannot be used is named and passed over; one slab is held at a time.
 */
import { SlabBuilder } from "../imaging/slab.ts";
import type { Slab } from "../imaging/slab.ts";
import type { Slice } from "../domain/slice.ts";
import type { PreparedImage, PreprocessSpec } from "./preprocess.ts";

/** A decoded slice without its pixels, and the instance it is from. */
export interface DecodedSlice extends Omit<Slice, "hu"> {
  /** As given to `push`. */
  readonly instance: number;
}

/** What comes out of the stream. */
export type SlabStep =
  | { readonly kind: "picture"; readonly image: PreparedImage; readonly slices: readonly DecodedSlice[] }
  | { readonly kind: "unusable"; readonly instance: number; readonly reason: string };

/** The two heavy steps, done elsewhere: they may be under way for several instances and slabs at a time. */
export interface SlabWork {
  /** @throws what is wrong with the bytes, in plain words */
  decode(bytes: Uint8Array): Promise<Slice[]>;
  prepare(slab: Slab, spec: PreprocessSpec): Promise<PreparedImage>;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class SlabStream {
  readonly #spec: PreprocessSpec;
  readonly #work: SlabWork;
  readonly #builder: SlabBuilder;
  /** Slices of the slab under way, by the index the builder counts. */
  readonly #held = new Map<number, DecodedSlice>();
  #count = 0;

  constructor(spec: PreprocessSpec, work: SlabWork) {
    this.#spec = spec;
    this.#work = work;
    this.#builder = new SlabBuilder(spec.slabMm);
  }

  /** Begin to decode an instance, ahead of its turn. */
  decode(bytes: Uint8Array): Promise<Slice[]> {
    const slices = this.#work.decode(bytes);
    slices.catch(() => undefined); // whoever takes it in its turn is told
    return slices;
  }

  /** Take the next instance in position order; gives what becomes complete by it. */
  async take(instance: number, decoded: Promise<Slice[]>): Promise<Promise<SlabStep[]>[]> {
    let slices: Slice[];
    try {
      slices = (await decoded).toSorted((a, b) => a.positionMm - b.positionMm);
    } catch (error) {
      return [Promise.resolve([{ kind: "unusable", instance, reason: reasonOf(error) }])];
    }
    return slices.flatMap((slice) => {
      const finished = this.#builder.push(slice);
      const { hu: _pixels, ...rest } = slice;
      const steps = finished ? [this.#prepare(finished)] : [];
      this.#held.set(this.#count++, { ...rest, instance });
      return steps;
    });
  }

  /** What is left when the last instance has been taken. */
  flush(): Promise<SlabStep[]>[] {
    const last = this.#builder.flush();
    return last ? [this.#prepare(last)] : [];
  }

  async #prepare(slab: Slab): Promise<SlabStep[]> {
    const slices = slab.sliceIndices.flatMap((index) => this.#held.get(index) ?? []);
    for (const index of slab.sliceIndices) this.#held.delete(index);
    try {
      return [{ kind: "picture", image: await this.#work.prepare(slab, this.#spec), slices }];
    } catch (error) {
      const instances = [...new Set(slices.map(({ instance }) => instance))];
      return instances.map((instance) => ({ kind: "unusable", instance, reason: reasonOf(error) }));
    }
  }
}

/** Instances decoded ahead of their turn: enough for the network never to wait, bounded in memory. */
const AHEAD_COUNT = 32;
const AHEAD_BYTES = 48e6;
/** Slabs prepared ahead of whoever takes them. */
const AHEAD_SLABS = 16;

/**
 * The pictures of instances in position order, and what of them cannot be used.
 * @param read gives the bytes of the instance at an index; what it throws is the reason it is passed over
 */
export async function* slabSteps(
  count: number,
  read: (instance: number) => Promise<Uint8Array>,
  stream: SlabStream,
): AsyncGenerator<SlabStep> {
  const ahead: { instance: number; slices: Promise<Slice[]>; size: number }[] = [];
  const slabs: Promise<SlabStep[]>[] = [];
  let next = 0;
  let bytesAhead = 0;
  while (next < count || ahead.length > 0 || slabs.length > 0) {
    while (next < count && ahead.length < AHEAD_COUNT && (bytesAhead < AHEAD_BYTES || ahead.length === 0)) {
      const instance = next++;
      try {
        const bytes = await read(instance);
        ahead.push({ instance, slices: stream.decode(bytes), size: bytes.byteLength });
        bytesAhead += bytes.byteLength;
      } catch (error) {
        yield { kind: "unusable", instance, reason: reasonOf(error) };
      }
    }
    const first = slabs.length < AHEAD_SLABS ? ahead.shift() : undefined;
    if (first) {
      bytesAhead -= first.size;
      slabs.push(...(await stream.take(first.instance, first.slices)));
      if (next === count && ahead.length === 0) slabs.push(...stream.flush());
    } else {
      yield* (await slabs.shift()) ?? [];
    }
  }
}
