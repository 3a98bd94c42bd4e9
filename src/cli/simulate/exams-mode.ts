/**
 * @file `firstread simulate --cases cq500`: real exams with real scores as the shift's cases.
 */
import { join } from "node:path";

import { operatingPoint, rocArea } from "../../triage/queueing/roc.ts";
import { simulateShifts } from "../../triage/queueing/scored-shift.ts";
import type { Spread } from "../../triage/queueing/scored-shift.ts";
import { CASE_CLASSES } from "../../triage/queueing/simulate.ts";
import { readCq500 } from "./cq500.ts";
import { CLASS_TITLES } from "./department-mode.ts";
import { circumstancesOf, departmentOf, type SimulateOptions } from "./options.ts";
import { printRows } from "./table.ts";

/** Where the labels are, unless `--labels` says. */
const defaultFolder = (): string =>
  join(process.env["FIRSTREAD_DATA"] ?? join("..", "shared", "data"), "cq500", "labels");

const cells = ({ meanMin, lowMin, highMin }: Spread): number[] => [meanMin, lowMin, highMin];

export async function simulateExams(options: SimulateOptions): Promise<void> {
  const exams = await readCq500(options.labels ?? defaultFolder());
  const { threshold, shuffles, seed } = options;
  const point = operatingPoint(exams, threshold);
  const area = rocArea(exams);
  const waits = simulateShifts({
    ...{ exams, threshold, shuffles, seed },
    department: departmentOf(options),
    circumstances: circumstancesOf(options),
  });
  const diseased = exams.filter(({ isDiseased }) => isDiseased).length;
  if (options.json) {
    console.log(
      JSON.stringify({
        exams: exams.length,
        diseased,
        rocArea: area,
        operatingPoint: point,
        shuffles,
        waits,
      }),
    );
    return;
  }
  console.log(
    `${exams.length} exams, ${diseased} with a hemorrhage; AUC ${area.toFixed(3)}; at ${threshold}: ` +
      `sensitivity ${point.sensitivity.toFixed(3)}, specificity ${point.specificity.toFixed(3)}\n` +
      `Mean waits in minutes over ${shuffles} shuffles, and where 95 % of the shuffles lie`,
  );
  printRows(
    "",
    ["fifo", "from", "to", "AI", "from", "to", "change", "from", "to"],
    CASE_CLASSES.map((name) => {
      const { fifo, policy, change } = waits[name];
      return [CLASS_TITLES[name], [fifo, policy, change].flatMap(cells)];
    }),
  );
}
