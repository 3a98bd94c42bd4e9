/**
 * @file The slices of the open study in memory: the wanted one first, its neighbours ahead of time, never
 * more than a budget.
 */
import type { SaliencyResponse, SliceDetail } from "../../domain/api.ts";
import { getPixels, getSaliency } from "../api/client.ts";

export interface LoadedSlice {
  readonly hu: Int16Array;
  /** null when the slice has no map. */
  readonly saliency: SaliencyResponse | null;
}

/** What the store loads with; tests bring their own. */
export interface SliceSource {
  load(slice: SliceDetail, signal: AbortSignal): Promise<LoadedSlice>;
}

/** From the server. A map that cannot be had leaves the slice without one. */
export function serverSlices(uid: string): SliceSource {
  return {
    async load({ index, rows, columns, probability }, signal) {
      const [hu, saliency] = await Promise.all([
        getPixels(uid, index, rows * columns, signal),
        probability === null ? null : getSaliency(uid, index, signal).catch(() => null),
      ]);
      return { hu, saliency };
    },
  };
}

export interface SliceStoreLimits {
  /** Slices ahead and behind that are fetched early. */
  readonly ahead: number;
  readonly behind: number;
  /** Requests at a time; a browser opens six connections to one server, and the events hold one. */
  readonly atOnce: number;
  readonly bytes: number;
}

export const DEFAULT_LIMITS: SliceStoreLimits = { ahead: 24, behind: 8, atOnce: 3, bytes: 128 * 2 ** 20 };

export class SliceStore {
  readonly #source: SliceSource;
  readonly #slices: readonly SliceDetail[];
  readonly #limits: SliceStoreLimits;
  readonly #loaded = new Map<number, LoadedSlice>();
  readonly #problems = new Map<number, string>();
  readonly #running = new Map<number, AbortController>();
  readonly #listeners = new Set<() => void>();
  #focus = 0;
  #direction: 1 | -1 = 1;
  #version = 0;
  #isClosed = false;

  constructor(source: SliceSource, slices: readonly SliceDetail[], limits = DEFAULT_LIMITS) {
    this.#source = source;
    this.#slices = slices;
    this.#limits = limits;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Changes whenever a slice came or could not be had. */
  readonly version = (): number => this.#version;

  get(index: number): LoadedSlice | undefined {
    return this.#loaded.get(index);
  }

  /** Why a slice could not be had, or undefined. */
  problem(index: number): string | undefined {
    return this.#problems.get(index);
  }

  get loadedCount(): number {
    return this.#loaded.size;
  }

  /** This slice is looked at now: load it and what lies ahead. */
  focus(index: number): void {
    if (index !== this.#focus) this.#direction = index > this.#focus ? 1 : -1;
    this.#focus = index;
    this.#isClosed = false;
    this.#problems.delete(index);
    const wanted = this.#wanted();
    const isWanted = new Set(wanted);
    for (const [running, abort] of this.#running) {
      if (isWanted.has(running)) continue;
      this.#running.delete(running);
      abort.abort();
    }
    this.#pump(wanted);
  }

  /** Stop loading and forget. */
  close(): void {
    this.#isClosed = true;
    for (const abort of this.#running.values()) abort.abort();
    this.#running.clear();
    this.#loaded.clear();
  }

  /** Indices to have, the most wanted first. */
  #wanted(): number[] {
    const { ahead, behind } = this.#limits;
    const indices = [this.#focus];
    for (let step = 1; step <= Math.max(ahead, behind); step++) {
      if (step <= ahead) indices.push(this.#focus + step * this.#direction);
      if (step <= behind) indices.push(this.#focus - step * this.#direction);
    }
    return indices.filter((index) => index >= 0 && index < this.#slices.length);
  }

  #pump(wanted = this.#wanted()): void {
    if (this.#isClosed) return;
    for (const index of wanted) {
      // The slice that is looked at never waits for the others.
      if (this.#running.size >= this.#limits.atOnce && index !== this.#focus) return;
      const isKnown = this.#loaded.has(index) || this.#running.has(index) || this.#problems.has(index);
      if (!isKnown) void this.#load(index);
    }
  }

  async #load(index: number): Promise<void> {
    const slice = this.#slices[index];
    if (!slice) return;
    const abort = new AbortController();
    this.#running.set(index, abort);
    try {
      const loaded = await this.#source.load(slice, abort.signal);
      if (abort.signal.aborted) return;
      this.#loaded.set(index, loaded);
      this.#trim();
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#problems.set(index, error instanceof Error ? error.message : String(error));
    }
    this.#running.delete(index);
    this.#version += 1;
    for (const notify of this.#listeners) notify();
    this.#pump();
  }

  /** Forget what lies furthest from the slice in sight until the budget holds. */
  #trim(): void {
    let bytes = 0;
    for (const { hu } of this.#loaded.values()) bytes += hu.byteLength;
    const furthestFirst = [...this.#loaded.keys()].sort(
      (a, b) => Math.abs(b - this.#focus) - Math.abs(a - this.#focus),
    );
    for (const index of furthestFirst) {
      if (bytes <= this.#limits.bytes || this.#loaded.size === 1) return;
      bytes -= this.#loaded.get(index)?.hu.byteLength ?? 0;
      this.#loaded.delete(index);
    }
  }
}
