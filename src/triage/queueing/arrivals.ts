/**
 * @file Arrivals whose rate follows the hour of the day: a Poisson stream of rate 1 whose clock runs faster in a
 * busy hour (the time change of Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes", 1979).
 */
import { HOURS_OF_DAY } from "./circumstances.ts";

const HOUR_MIN = 60;
const DAY_MIN = HOURS_OF_DAY * HOUR_MIN;

/**
 * From the steady clock to the real one, both in minutes from a midnight. Whole days agree.
 *
 * @param arrivalsByHour 24 relative rates; null leaves the clock as it is
 */
export function hourlyClock(arrivalsByHour: readonly number[] | null): (steadyMin: number) => number {
  if (arrivalsByHour === null) return (steadyMin) => steadyMin;
  const total = arrivalsByHour.reduce((sum, rate) => sum + rate, 0);
  // Steady minutes that have passed at the end of each hour.
  const ends = new Float64Array(HOURS_OF_DAY);
  let passed = 0;
  arrivalsByHour.forEach((rate, hour) => {
    passed += (rate / total) * DAY_MIN;
    ends[hour] = passed;
  });
  return (steadyMin) => {
    const day = Math.floor(steadyMin / DAY_MIN);
    const within = steadyMin - day * DAY_MIN;
    let hour = 0;
    while (hour < HOURS_OF_DAY - 1 && within >= (ends[hour] ?? 0)) hour += 1;
    const from = hour === 0 ? 0 : (ends[hour - 1] ?? 0);
    const span = (ends[hour] ?? 0) - from;
    const share = span > 0 ? Math.min(1, (within - from) / span) : 0;
    return day * DAY_MIN + (hour + share) * HOUR_MIN;
  };
}
