/**
 * @file Files with the same content, found by digest, and whether they belong to different patients: such a pair would
 * be on both sides of a split by patient.
 */

export interface Duplicates {
  /** Files that equal an earlier one. */
  readonly files: number;
  /** Of these, files whose twin belongs to another patient. */
  readonly acrossPatients: number;
  /** The first pairs, those across patients before the others. */
  readonly pairs: readonly DuplicatePair[];
}

export interface DuplicatePair {
  readonly first: string;
  readonly second: string;
  readonly acrossPatients: boolean;
}

const MOST_PAIRS = 200;

export class DuplicateFinder {
  readonly #seen = new Map<string, { readonly name: string; readonly patient: string }>();
  readonly #pairs: DuplicatePair[] = [];
  #files = 0;
  #acrossPatients = 0;

  add(digest: string, name: string, patient: string): void {
    const twin = this.#seen.get(digest);
    if (!twin) {
      this.#seen.set(digest, { name, patient });
      return;
    }
    const acrossPatients = twin.patient !== patient;
    this.#files += 1;
    if (acrossPatients) this.#acrossPatients += 1;
    if (this.#pairs.length < MOST_PAIRS) this.#pairs.push({ first: twin.name, second: name, acrossPatients });
  }

  result(): Duplicates {
    const pairs = this.#pairs.toSorted((a, b) => Number(b.acrossPatients) - Number(a.acrossPatients));
    return { files: this.#files, acrossPatients: this.#acrossPatients, pairs };
  }
}
