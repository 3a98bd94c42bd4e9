/**
 * @file What a simulation comes to, in plain words.
 */
import type { Delay } from "../../triage/queueing/delay.ts";
import type { SimulatedWaits } from "../../triage/queueing/simulate.ts";
import type { SimulatorResult } from "./compute.ts";

/** Minutes for a sentence: "45 s", "3.2 min", "48 min", "5.1 h". */
export function minutesText(minutes: number): string {
  if (Number.isNaN(minutes)) return "–";
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 10) return `${minutes.toFixed(1)} min`;
  if (minutes < 300) return `${Math.round(minutes)} min`;
  return `${(minutes / 60).toFixed(1)} h`;
}

const ofHundred = (share: number): string => {
  const count = share * 100;
  if (count === 0) return "none";
  return count < 1 ? "fewer than 1" : String(Math.round(count));
};

function bleedWords({ fifo, policy, delay }: SimulatedWaits): string {
  const before = minutesText(fifo.diseased.meanMin);
  const after = minutesText(policy.diseased.meanMin);
  const { laterShare, laterMedianMin } = delay.diseased;
  const missed =
    laterShare === 0
      ? "None of them waits longer."
      : `Of 100 of them, ${ofHundred(laterShare)} wait longer than they would have, half of these by ` +
        `${minutesText(laterMedianMin)} or more: mostly bleeds that the AI missed.`;
  return `Patients with a bleed wait ${after} on average instead of ${before}. ${missed}`;
}

function delayWords(delay: Delay): string {
  if (delay.laterShare === 0) return "No patient without a bleed waits longer.";
  return (
    `Of 100 patients without a bleed, ${ofHundred(delay.laterShare)} wait longer than first come, first served: ` +
    `half of these by ${minutesText(delay.laterMedianMin)} or more, one in twenty by ${minutesText(delay.laterP95Min)} ` +
    `or more, the worst by ${minutesText(delay.laterWorstMin)}. ${ofHundred(delay.soonerShare)} are read sooner.`
  );
}

/** Who gains, and who pays. */
export const whomItDelays = ({ waits }: SimulatorResult): readonly string[] => [
  bleedWords(waits),
  delayWords(waits.delay.nonDiseased),
];

/** What must be known before any figure is believed; "" when there is nothing. */
export function stabilityWords({ settings, overloaded }: SimulatorResult): string {
  if (settings.traffic >= 1) {
    return (
      `Unstable: at ${Math.round(settings.traffic * 100)} % traffic more arrives than can be read, and the list grows ` +
      "for ever. No order of reading helps; the waits below only grow with the number of cases simulated."
    );
  }
  if (overloaded.length === 0) return "";
  const hours = overloaded.map((hour) => `${hour}`).join(", ");
  return `In ${overloaded.length} hours of the day (${hours} h) more arrives than can be read: the list grows until they are over.`;
}
