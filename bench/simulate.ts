/**
 * @file A million patients, first come, first served and in the AI's order: how long the simulation takes. The goal is
 * under 10 seconds.
 *
 * `node bench/simulate.ts`
 */
import { simulateWaits } from "../src/triage/queueing/simulate.ts";

const CASES = 1_000_000;

const startedMs = performance.now();
const startedCpu = process.cpuUsage();
const { fifo, policy } = simulateWaits({
  department: {
    ...{
      traffic: 0.8,
      radiologists: 2,
      interrupting: 0.1,
      prevalence: 0.1,
      sensitivity: 0.9,
      specificity: 0.9,
    },
    readingMin: { diseased: 10, nonDiseased: 10, interrupting: 5 },
    preemptive: true,
  },
  cases: CASES,
  seed: 1,
});
const { user, system } = process.cpuUsage(startedCpu);
console.log(
  `${CASES} patients in both orders: ${((performance.now() - startedMs) / 1000).toFixed(1)} s, of which ` +
    `${((user + system) / 1e6).toFixed(1)} s of processor time; means ${fifo.all.meanMin.toFixed(2)} and ` +
    `${policy.aiPositive.meanMin.toFixed(2)} (AI positive)`,
);
