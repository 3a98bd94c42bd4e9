/**
 * @file A reading room as queueing theory sees it: who arrives how often, and how long a read takes.
 *
 * The model of FDA's QuCAD (Thompson et al., "Wait-time-saving analysis and clinical effectiveness of
 * rapid CADt devices", 2022): Poisson arrivals, exponential reading times, interrupting cases above the
 * AI's positives above its negatives.
 */

/** What the user states. Fractions are 0…1; times are minutes. */
export interface Department {
  /** Share of the radiologists' time that reading takes, below 1 for a queue that does not grow for ever. */
  readonly traffic: number;
  readonly radiologists: number;
  /** Share of all cases that interrupt (phone calls, traumas): always first, never seen by the AI. */
  readonly interrupting: number;
  /** Share of the other cases that have the disease. */
  readonly prevalence: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly readingMin: {
    readonly diseased: number;
    readonly nonDiseased: number;
    readonly interrupting: number;
  };
  /** Whether a more pressing case interrupts an open one (which is resumed later), or waits for its end. */
  readonly preemptive: boolean;
}

/** Arrivals per minute, and the AI's share. */
export interface Rates {
  readonly interrupting: number;
  readonly nonInterrupting: number;
  /** Share of the non-interrupting cases that the AI calls positive. */
  readonly positiveShare: number;
  /** Share of diseased cases among the AI's positives, and among its negatives. */
  readonly diseasedOfPositive: number;
  readonly diseasedOfNegative: number;
}

/** @throws RangeError naming the parameter, what was expected and what came */
export function validateDepartment(department: Department): void {
  const { traffic, radiologists, readingMin } = department;
  if (!(traffic > 0 && Number.isFinite(traffic))) {
    throw new RangeError(`traffic: a number above 0 is expected, not ${traffic}`);
  }
  if (!Number.isInteger(radiologists) || radiologists < 1) {
    throw new RangeError(`radiologists: a whole number from 1 is expected, not ${radiologists}`);
  }
  for (const name of ["interrupting", "prevalence", "sensitivity", "specificity"] as const) {
    const value = department[name];
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name}: 0…1 is expected, not ${value}`);
  }
  if (department.interrupting === 1) throw new RangeError("interrupting: some cases must not interrupt");
  for (const name of ["diseased", "nonDiseased", "interrupting"] as const) {
    const minutes = readingMin[name];
    if (!(minutes > 0 && Number.isFinite(minutes))) {
      throw new RangeError(`reading minutes (${name}): a number above 0 is expected, not ${minutes}`);
    }
  }
}

/** The arrival rates that give the stated traffic. */
export function ratesOf(department: Department): Rates {
  const { traffic, radiologists, interrupting, prevalence, sensitivity, specificity, readingMin } =
    department;
  const nonInterruptingMin = prevalence * readingMin.diseased + (1 - prevalence) * readingMin.nonDiseased;
  const meanMin = interrupting * readingMin.interrupting + (1 - interrupting) * nonInterruptingMin;
  const arrivals = (traffic * radiologists) / meanMin;
  const truePositive = prevalence * sensitivity;
  const positiveShare = truePositive + (1 - prevalence) * (1 - specificity);
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  return {
    interrupting: arrivals * interrupting,
    nonInterrupting: arrivals * (1 - interrupting),
    positiveShare,
    diseasedOfPositive: ratio(truePositive, positiveShare),
    diseasedOfNegative: ratio(prevalence - truePositive, 1 - positiveShare),
  };
}

/** Mean waits in minutes (time until the report, less the reading itself), by who waits. */
export interface MeanWaits {
  /** A non-interrupting case without AI: first come, first served below the interrupting ones. */
  readonly fifo: number;
  readonly aiPositive: number;
  readonly aiNegative: number;
  readonly diseased: number;
  readonly nonDiseased: number;
}

/** The waits of the diseased and of the others follow from those of the AI's two classes. */
export function meanWaits(
  department: Department,
  fifo: number,
  aiPositive: number,
  aiNegative: number,
): MeanWaits {
  const { sensitivity, specificity } = department;
  return {
    fifo,
    aiPositive,
    aiNegative,
    diseased: sensitivity * aiPositive + (1 - sensitivity) * aiNegative,
    nonDiseased: (1 - specificity) * aiPositive + specificity * aiNegative,
  };
}
