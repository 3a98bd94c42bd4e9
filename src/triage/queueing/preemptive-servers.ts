/**
 * @file Two classes at several servers, the first preempting the second, each with its own speed.
 *
 * No closed form exists. The number of each class present is a Markov chain; its states are ordered by
 * level (how many of the second class) and phase (how many of the first), which makes it a
 * quasi-birth-death process: see Latouche and Ramaswami, "Introduction to Matrix Analytic Methods", 1999.
 */

import { meanLevel } from "./level-chain.ts";

/** Phases beyond which the first class is this unlikely are cut off. */
const NEGLIGIBLE = 1e-13;

export interface PreemptivePair {
  readonly servers: number;
  /** Arrivals per minute and mean minutes of service. */
  readonly high: { readonly arrivals: number; readonly meanMin: number };
  readonly low: { readonly arrivals: number; readonly meanMin: number };
}

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
  const moves = Array.from({ length: phases }, (_row, m) => {
    const row = new Float64Array(phases);
    if (m + 1 < phases) row[m + 1] = high.arrivals;
    if (m > 0) row[m - 1] = Math.min(m, servers) / high.meanMin;
    return row;
  });
  const free = moves.map((_row, m) => Math.max(0, servers - m));
  return meanLevel({ arrivals: low.arrivals, meanMin: low.meanMin, servers, free, moves });
}
