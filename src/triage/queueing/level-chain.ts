/**
 * @file A queue that is served by whatever the rest of the department leaves free: how many wait or are served, in the mean.
 *
 * Its Markov chain has levels (how many of the class are present) and phases (what the rest does), which makes it a
 * quasi-birth-death process: Latouche and Ramaswami, "Introduction to Matrix Analytic Methods", 1999.
 */

export type Row = Float64Array<ArrayBuffer>;
type Matrix = Row[];

const TOLERANCE = 1e-13;
const MAX_ITERATIONS = 20_000;

export interface LevelChain {
  /** Arrivals per minute of the class, and mean minutes of its service. */
  readonly arrivals: number;
  readonly meanMin: number;
  readonly servers: number;
  /** By phase, how many servers are free for the class. */
  readonly free: readonly number[];
  /** Rates per minute from phase (row) to phase (column); those on the diagonal do not count. */
  readonly moves: readonly Row[];
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

/** Mean number of the class present (waiting, in service or interrupted); the load must be below what is left free. */
export function meanLevel({ arrivals, meanMin, servers, free, moves }: LevelChain): number {
  const phases = free.length;
  const serviceRates = (level: number): Row =>
    Float64Array.from(free, (servers) => Math.min(level, servers) / meanMin);
  /** Transitions within a level; the diagonal makes every row of the whole generator sum to 0. */
  const local = (level: number): Matrix => {
    const down = serviceRates(level);
    return moves.map((rates, m) => {
      const row = Float64Array.from(rates, (rate, to) => (to === m ? 0 : rate));
      row[m] = -(sum(row) + arrivals + (down[m] ?? 0));
      return row;
    });
  };
  const up = identity(phases, arrivals);
  const nextRate = (rate: Matrix, level: number): Matrix =>
    divide(up, negate(add(local(level), scaleColumns(rate, serviceRates(level + 1)))));

  // From `servers` on every level looks alike: their rate matrix is the fixed point.
  let rate = identity(phases, 0);
  for (let i = 0, change = 1; change > TOLERANCE; i++) {
    if (i === MAX_ITERATIONS)
      throw new Error(`the queue's rate matrix did not settle (${arrivals} arrivals a minute)`);
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
