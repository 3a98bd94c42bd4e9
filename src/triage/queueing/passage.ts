/**
 * @file How long two radiologists are both held by cases of two higher classes, with moments: the busy periods of
 * recursive dimensionality reduction (Harchol-Balter, Osogami, Scheller-Wolf, Wierman, "Multi-server queueing systems with
 * multiple priority classes", Queueing Systems 51, 2005, 3).
 */
import { matchCoxian } from "./phase-type.ts";
import type { Moments } from "./phase-type.ts";

/** Arrivals per minute and mean minutes of service. */
export interface ServedClass {
  readonly arrivals: number;
  readonly meanMin: number;
}

/** A busy period from one pair of cases to the one that is left. */
export interface BusyPeriod {
  /** How many of the two cases at its start are of the highest class: 0, 1 or 2. */
  readonly highAtStart: number;
  /** Whether the case that is left is of the highest class. */
  readonly highAtEnd: boolean;
  /** How often one with this start ends so, and its first three moments then, in minutes. */
  readonly probability: number;
  readonly moments: Moments;
}

type Matrix = readonly (readonly number[])[];
/** A matrix of transforms: their values and first three moments. */
type Transform = readonly [Matrix, Matrix, Matrix, Matrix];

const SIZE = 4;
const BINOMIAL = [[1], [1, 1], [1, 2, 1], [1, 3, 3, 1]] as const;
const FACTORIAL = [1, 1, 2, 6] as const;
/** Far more rounds than any traffic below 0.99 needs. */
const MOST_ROUNDS = 20_000;
const TOLERANCE = 1e-14;

const matrix = (at: (row: number, column: number) => number): Matrix =>
  Array.from({ length: SIZE }, (_row, i) => Array.from({ length: SIZE }, (_value, j) => at(i, j)));
const ZERO = matrix(() => 0);
const product = (a: Matrix, b: Matrix): Matrix =>
  matrix((i, j) => a[i]?.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0) ?? 0);
const transform = (order: (k: number) => Matrix): Transform => [order(0), order(1), order(2), order(3)];

/** The transform of one passage after another: moments of sums. */
const then = (a: Transform, b: Transform): Transform =>
  transform((k) =>
    (BINOMIAL[k] ?? []).reduce<Matrix>((sum, times, i) => {
      const term = product(a[i] ?? ZERO, b[k - i] ?? ZERO);
      return matrix((r, c) => (sum[r]?.[c] ?? 0) + times * (term[r]?.[c] ?? 0));
    }, ZERO),
  );

const largestChange = (a: Transform, b: Transform): number =>
  Math.max(
    ...a.flatMap((m, k) =>
      m.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[k]?.[i]?.[j] ?? 0)) / (1 + Math.abs(x)))),
    ),
  );

/** Moments of the busy period of one server that is twice as fast: two radiologists with the highest class alone. */
function highBusyMoments({ arrivals, meanMin }: ServedClass): Moments {
  const rate = 2 / meanMin;
  const idle = 1 - arrivals / rate;
  return [1 / (rate * idle), 2 / (rate ** 2 * idle ** 3), (6 * (2 - idle)) / (rate ** 3 * idle ** 5)];
}

/**
 * The six busy periods of two radiologists, by start and end.
 *
 * Levels count the cases of both classes. Phases: none, one, or two and more of the highest class; the last is left
 * as a whole, and stands in two phases of a Coxian with its moments.
 */
export function busyPeriods(high: ServedClass, middle: ServedClass): readonly BusyPeriod[] {
  const { first, second, goesOn } = matchCoxian(highBusyMoments(high));
  const [highRate, middleRate] = [1 / high.meanMin, 1 / middle.meanMin];
  const down: Matrix = [
    [2 * middleRate, 0, 0, 0],
    [highRate, middleRate, 0, 0],
    [0, (1 - goesOn) * first, 0, 0],
    [0, second, 0, 0],
  ];
  const along = matrix((i, j) => (i === 2 && j === 3 ? goesOn * first : 0));
  const up = matrix((i, j) => (i === j ? middle.arrivals : i < 2 && j === i + 1 ? high.arrivals : 0));
  const leaving = down.map((row, i) =>
    [row, along[i] ?? [], up[i] ?? []].flat().reduce((sum, rate) => sum + rate, 0),
  );
  /** One transition and the time until it, an exponential one. */
  const step = (rates: Matrix): Transform =>
    transform((k) =>
      matrix((i, j) => ((rates[i]?.[j] ?? 0) * (FACTORIAL[k] ?? 0)) / (leaving[i] ?? 1) ** (k + 1)),
    );
  const [stepDown, stepAlong, stepUp] = [step(down), step(along), step(up)];
  let passage = transform(() => ZERO);
  for (let round = 0, change = 1; change > TOLERANCE && round < MOST_ROUNDS; round++) {
    const [stays, rises] = [then(stepAlong, passage), then(stepUp, then(passage, passage))];
    const next = transform((k) =>
      matrix((i, j) => (stepDown[k]?.[i]?.[j] ?? 0) + (stays[k]?.[i]?.[j] ?? 0) + (rises[k]?.[i]?.[j] ?? 0)),
    );
    change = largestChange(next, passage);
    passage = next;
  }
  return [0, 1, 2].flatMap((highAtStart) =>
    [0, 1].map((end): BusyPeriod => {
      const [probability = 0, ...moments] = passage.map((m) => m[highAtStart]?.[end] ?? 0);
      const [one = 0, two = 0, three = 0] = moments.map((moment) => moment / probability);
      return { highAtStart, highAtEnd: end === 1, probability, moments: [one, two, three] };
    }),
  );
}
