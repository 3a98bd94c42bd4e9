/**
 * @file A scorer whose model can be changed while it is used: what was begun with the old one ends with it.
 */
import type { ModelReference } from "../../domain/finding.ts";
import type {
  Classification,
  MadeMap,
  MapRequest,
  Scorer,
  ScoringOptions,
  ScoringResult,
  ScoringSource,
} from "./scorer.ts";

/** A scorer, and what it is doing. */
class Engaged {
  readonly scorer: Scorer;
  #calls = 0;
  #idle: (() => void) | null = null;

  constructor(scorer: Scorer) {
    this.scorer = scorer;
  }

  async call<T>(work: (scorer: Scorer) => Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      return await work(this.scorer);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#idle?.();
    }
  }

  /** Close it once nothing is under way. */
  async retire(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.scorer.close();
  }
}

export class SwitchableScorer implements Scorer {
  #current: Engaged;
  readonly #retiring = new Set<Promise<void>>();

  constructor(scorer: Scorer) {
    this.#current = new Engaged(scorer);
  }

  get model(): ModelReference {
    return this.#current.scorer.model;
  }

  get saliencyReferencePeak(): number | null {
    return this.#current.scorer.saliencyReferencePeak;
  }

  get saliencyMethod(): string {
    return this.#current.scorer.saliencyMethod;
  }

  get saliencyMethods(): readonly string[] {
    return this.#current.scorer.saliencyMethods;
  }

  /** From now on use another; the old one is closed when nothing of it is under way. */
  replace(scorer: Scorer): void {
    const retiring = this.#current.retire().finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
    retiring.catch(() => undefined);
    this.#current = new Engaged(scorer);
  }

  score(sources: readonly ScoringSource[], options: ScoringOptions): Promise<ScoringResult> {
    return this.#current.call((scorer) => scorer.score(sources, options));
  }

  classify(bytes: Uint8Array, mediaType: string): Promise<Classification> {
    return this.#current.call((scorer) => scorer.classify(bytes, mediaType));
  }

  map(request: MapRequest): Promise<MadeMap> {
    return this.#current.call((scorer) => scorer.map(request));
  }

  async close(): Promise<void> {
    await Promise.all([this.#current.scorer.close(), ...this.#retiring]);
  }
}
