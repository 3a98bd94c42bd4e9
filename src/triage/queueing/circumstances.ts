/**
 * @file What a real reading room has and the queue of the textbook has not: hours of the day, an AI that needs
 * time, a longest wait, reading times of any spread.
 */

/** What the user states beside the `Department`. Times are minutes. */
export interface Circumstances {
  /** How busy each hour of the day is against the others, from midnight, 24 values; null when all are alike. */
  readonly arrivalsByHour: readonly number[] | null;
  /** From a case's arrival to its finding; until then it queues as one without. */
  readonly aiLatencyMin: number;
  /** A case that has waited so long stands among the AI's positives; null when no wait is too long. */
  readonly maxWaitMin: number | null;
  /**
   * Standard deviation of the reading times of a kind of case over their mean: lognormal, 0 when all are alike.
   * null for exponential times, as QuCAD has them.
   */
  readonly readingCv: number | null;
}

/** The textbook's room. */
export const STEADY: Circumstances = {
  arrivalsByHour: null,
  aiLatencyMin: 0,
  maxWaitMin: null,
  readingCv: null,
};

export const HOURS_OF_DAY = 24;

/** @throws RangeError naming the parameter, what was expected and what came */
export function validateCircumstances({
  arrivalsByHour,
  aiLatencyMin,
  maxWaitMin,
  readingCv,
}: Circumstances): void {
  if (arrivalsByHour !== null) {
    if (arrivalsByHour.length !== HOURS_OF_DAY) {
      throw new RangeError(`arrivals by hour: 24 numbers are expected, not ${arrivalsByHour.length}`);
    }
    const bad = arrivalsByHour.find((rate) => !(rate >= 0 && Number.isFinite(rate)));
    if (bad !== undefined) throw new RangeError(`arrivals by hour: numbers from 0 are expected, not ${bad}`);
    if (arrivalsByHour.every((rate) => rate === 0)) {
      throw new RangeError("arrivals by hour: an hour above 0 is expected");
    }
  }
  for (const [name, value] of [
    ["AI latency", aiLatencyMin],
    ["maximum wait", maxWaitMin ?? 0],
    ["spread of reading times", readingCv ?? 0],
  ] as const) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new RangeError(`${name}: a number from 0 is expected, not ${value}`);
    }
  }
}

/** The hours of the day in which more arrives than can be read, when the whole day's traffic is `traffic`. */
export function overloadedHours(arrivalsByHour: readonly number[] | null, traffic: number): number[] {
  if (arrivalsByHour === null) return [];
  const total = arrivalsByHour.reduce((sum, rate) => sum + rate, 0);
  return arrivalsByHour.flatMap((rate, hour) => ((traffic * rate * HOURS_OF_DAY) / total >= 1 ? [hour] : []));
}
