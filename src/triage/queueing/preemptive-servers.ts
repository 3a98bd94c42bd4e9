/**
 * @file Two classes at several servers, the first preempting the second, each with its own speed.
 *
 * No closed form exists. The number of each class present is a Markov chain; its states are ordered by
 * level (how many of the second class) and phase (how many of the first), which makes it a
 * quasi-birth-death process: see Latouche and Ramaswami, "Introduction to Matrix Analytic Methods", 1999.
 */

type Row = Float64Array<ArrayBuffer>;
type Matrix = Row[];

/** Phases beyond which the first class is this unlikely are cut off. */
const NEGLIGIBLE = 1e-13;
const TOLERANCE = 1e-13;
const MAX_ITERATIONS = 20_000;

export interface PreemptivePair {
  readonly servers: number;
  /** Arrivals per minute and mean minutes of service. */
  readonly high: { readonly arrivals: number; readonly meanMin: number };
  readonly low: { readonly arrivals: number; readonly meanMin: number };
}

const identity = (size: number, scale: number): Matrix =>
  Array.from({ length: size }, (_row, i) => {
    const row = new Float64Array(size);
    row[i] = scale;
    return row;
  });

const at = (matrix: Matrix, i: number): Row => {
  const row = matrix[i];
  if (!row) throw new RangeError(`row ${i} of a matrix of ${matrix.length}`);
  return row;
};

/** `left · right⁻¹`, by elimination on the transposed system. Neither argument is changed. */
function divide(left: Matrix, right: Matrix): Matrix {
  const size = right.length;
  // Solve X · right = left: rows of Xᵀ satisfy rightᵀ · xᵀ = leftᵀ.
  const system = Array.from({ length: size }, (_row, i) =>
    Float64Array.from({ length: 2 * size }, (_value, j) =>
      j < size ? (right[j]?.[i] ?? 0) : (left[j - size]?.[i] ?? 0),
    ),
  );
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) {
      if (Math.abs(at(system, i)[column] ?? 0) > Math.abs(at(system, pivot)[column] ?? 0)) pivot = i;
    }
    const pivotRow = at(system, pivot);
    system[pivot] = at(system, column);
    system[column] = pivotRow;
    const scale = 1 / (pivotRow[column] ?? 0);
    for (let j = column; j < 2 * size; j++) pivotRow[j] = (pivotRow[j] ?? 0) * scale;
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const row = at(system, i);
      const factor = row[column] ?? 0;
      if (factor !== 0)
        for (let j = column; j < 2 * size; j++) row[j] = (row[j] ?? 0) - factor * (pivotRow[j] ?? 0);
    }
  }
  return Array.from({ length: size }, (_row, i) =>
    Float64Array.from({ length: size }, (_value, j) => system[j]?.[size + i] ?? 0),
  );
}

/** `matrix` with its columns scaled: a product with a diagonal matrix. */
const scaleColumns = (matrix: Matrix, factors: Row): Matrix =>
  matrix.map((row) => row.map((value, j) => value * (factors[j] ?? 0)));

const add = (a: Matrix, b: Matrix): Matrix =>
  a.map((row, i) => row.map((value, j) => value + (b[i]?.[j] ?? 0)));
const negate = (a: Matrix): Matrix => a.map((row) => row.map((value) => -value));
const multiplyRow = (row: Row, matrix: Matrix): Row => {
  const product = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) {
    for (let j = 0; j < row.length; j++)
      product[j] = (product[j] ?? 0) + (row[i] ?? 0) * (matrix[i]?.[j] ?? 0);
  }
  return product;
};
const sum = (values: Row): number => values.reduce((total, value) => total + value, 0);

/** How many phases leave out no more than `NEGLIGIBLE` of the first class, an M/M/c queue of its own. */
function phaseCount(servers: number, load: number): number {
  if (load === 0) return 1;
  return servers + Math.ceil(Math.log(NEGLIGIBLE) / Math.log(load / servers)) + 1;
}

/**
 * Mean number of the second class present (waiting, in service or interrupted).
 *
 * @throws RangeError when the two classes together are more than the servers can do
 */
export function meanLowPresent({ servers, high, low }: PreemptivePair): number {
  const load = high.arrivals * high.meanMin + low.arrivals * low.meanMin;
  if (load >= servers) throw new RangeError(`a load below ${servers} erlangs is expected, not ${load}`);
  const phases = phaseCount(servers, high.arrivals * high.meanMin);
  const serviceRates = (level: number): Row =>
    Float64Array.from({ length: phases }, (_v, m) => Math.min(level, Math.max(0, servers - m)) / low.meanMin);
  /** Transitions within a level; the diagonal makes every row of the whole generator sum to 0. */
  const local = (level: number): Matrix => {
    const down = serviceRates(level);
    return Array.from({ length: phases }, (_row, m) => {
      const row = new Float64Array(phases);
      const arrival = m + 1 < phases ? high.arrivals : 0;
      const departure = Math.min(m, servers) / high.meanMin;
      if (m + 1 < phases) row[m + 1] = arrival;
      if (m > 0) row[m - 1] = departure;
      row[m] = -(arrival + departure + low.arrivals + (down[m] ?? 0));
      return row;
    });
  };
  const up = identity(phases, low.arrivals);
  const nextRate = (rate: Matrix, level: number): Matrix =>
    divide(up, negate(add(local(level), scaleColumns(rate, serviceRates(level + 1)))));

  // From `servers` on every level looks alike: their rate matrix is the fixed point.
  let rate = identity(phases, 0);
  for (let i = 0, change = 1; change > TOLERANCE; i++) {
    if (i === MAX_ITERATIONS)
      throw new Error(`the queue's rate matrix did not settle (load ${load}/${servers})`);
    const better = nextRate(rate, servers);
    change = 0;
    for (let r = 0; r < phases; r++) {
      for (let c = 0; c < phases; c++) {
        change = Math.max(change, Math.abs((better[r]?.[c] ?? 0) - (rate[r]?.[c] ?? 0)));
      }
    }
    rate = better;
  }

  // rates[n]: level n to n + 1.
  const rates: Matrix[] = [];
  rates[servers - 1] = rate;
  for (let level = servers - 2; level >= 0; level--)
    rates[level] = nextRate(rates[level + 1] ?? rate, level + 1);

  // Level 0: its balance equations, one replaced by "the probabilities sum to 1" (scaled afterwards).
  const balance = add(local(0), scaleColumns(rates[0] ?? rate, serviceRates(1)));
  const replaced = balance.map((row) => {
    const copy = row.slice();
    copy[0] = 1;
    return copy;
  });
  const unit = identity(phases, 0);
  at(unit, 0)[0] = 1;
  let level = at(divide(unit, replaced), 0);

  let total = sum(level);
  let present = 0;
  for (let n = 1; n < servers; n++) {
    level = multiplyRow(level, rates[n - 1] ?? rate);
    total += sum(level);
    present += n * sum(level);
  }
  // Levels servers, servers + 1, …: level · Rᵏ for k = 1, 2, …; Σ Rᵏ = R (I − R)⁻¹, Σ k Rᵏ = R (I − R)⁻².
  const remainder = add(identity(phases, 1), negate(rate));
  const tail = multiplyRow(level, divide(rate, remainder));
  const weighted = multiplyRow(tail, divide(identity(phases, 1), remainder));
  total += sum(tail);
  present += (servers - 1) * sum(tail) + sum(weighted);
  return present / total;
}
