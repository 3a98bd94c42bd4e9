/**
 * @file What must not be in a training set: a patient in two splits, a picture in two splits or in two classes.
 */
import type { PicturePlace } from "./prepared-files.ts";

/** A patient of whom several splits hold pictures. */
export interface TornPatient {
  readonly patient: string;
  readonly splits: readonly string[];
  /** One picture of each of these splits. */
  readonly files: readonly string[];
}

/** Two pictures that show the same. */
export interface Twins {
  readonly first: string;
  readonly second: string;
  readonly acrossSplits: boolean;
  readonly acrossClasses: boolean;
}

export interface Leaks {
  /** Patients in two splits or more, all of them; examples of the first. */
  readonly tornPatients: number;
  readonly torn: readonly TornPatient[];
  /** Pictures that show what an earlier one shows. */
  readonly twins: number;
  readonly twinsAcrossSplits: number;
  readonly twinsAcrossClasses: number;
  /** The first pairs, the worst before the others. */
  readonly pairs: readonly Twins[];
}

const MOST_EXAMPLES = 200;

interface Seen extends PicturePlace {
  readonly name: string;
}

export class LeakFinder {
  readonly #pictures = new Map<string, Seen>();
  /** Patient → split → a picture there. */
  readonly #patients = new Map<string, Map<string, string>>();
  readonly #pairs = { across: [] as Twins[], within: [] as Twins[] };
  #twins = 0;
  #acrossSplits = 0;
  #acrossClasses = 0;

  get patients(): number {
    return this.#patients.size;
  }

  add(name: string, { split, label }: PicturePlace, digest: string, patient: string | null): void {
    if (patient !== null) {
      const splits = this.#patients.get(patient) ?? new Map<string, string>();
      if (!splits.has(split)) splits.set(split, name);
      this.#patients.set(patient, splits);
    }
    const twin = this.#pictures.get(digest);
    if (!twin) {
      this.#pictures.set(digest, { name, split, label });
      return;
    }
    const [acrossSplits, acrossClasses] = [twin.split !== split, twin.label !== label];
    this.#twins += 1;
    if (acrossSplits) this.#acrossSplits += 1;
    if (acrossClasses) this.#acrossClasses += 1;
    const pairs = acrossSplits || acrossClasses ? this.#pairs.across : this.#pairs.within;
    if (pairs.length < MOST_EXAMPLES)
      pairs.push({ first: twin.name, second: name, acrossSplits, acrossClasses });
  }

  result(): Leaks {
    const torn = [...this.#patients].filter(([, splits]) => splits.size > 1);
    return {
      tornPatients: torn.length,
      torn: torn.slice(0, MOST_EXAMPLES).map(([patient, splits]) => ({
        ...{ patient, splits: [...splits.keys()], files: [...splits.values()] },
      })),
      twins: this.#twins,
      twinsAcrossSplits: this.#acrossSplits,
      twinsAcrossClasses: this.#acrossClasses,
      pairs: [...this.#pairs.across, ...this.#pairs.within].slice(0, MOST_EXAMPLES),
    };
  }
}
