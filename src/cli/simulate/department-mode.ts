/**
 * @file `firstread simulate`: a department stated by its figures, by theory and by simulation.
 */
import { overloadedHours } from "../../triage/queueing/circumstances.ts";
import type { Circumstances } from "../../triage/queueing/circumstances.ts";
import type { Department, MeanWaits } from "../../triage/queueing/department.ts";
import { CASE_CLASSES, simulateWaits } from "../../triage/queueing/simulate.ts";
import type { CaseClass, SimulatedWaits } from "../../triage/queueing/simulate.ts";
import { NoTheory, quCadWaits, theoreticalWaits } from "../../triage/queueing/theory.ts";
import { circumstancesOf, departmentOf, type SimulateOptions } from "./options.ts";
import { percent, printRows } from "./table.ts";

export const CLASS_TITLES: Readonly<Record<CaseClass, string>> = {
  all: "all",
  aiPositive: "AI positive",
  aiNegative: "AI negative",
  diseased: "diseased",
  nonDiseased: "not diseased",
};

function theoryOf(department: Department, circumstances: Circumstances): MeanWaits | null {
  try {
    return theoreticalWaits(department, circumstances);
  } catch (error) {
    if (!(error instanceof NoTheory) && !(department.traffic >= 1)) throw error;
    console.error(`No theory here: ${(error as Error).message}.`);
    return null;
  }
}

/** What a reader of the figures must know first. */
function warnings({ traffic }: Department, { arrivalsByHour }: Circumstances): string[] {
  if (traffic >= 1) {
    return [
      `Unstable: traffic is ${traffic}, more arrives than can be read, and the list grows for ever. ` +
        "The waits below grow with the number of cases.",
    ];
  }
  const hours = overloadedHours(arrivalsByHour, traffic);
  if (hours.length === 0) return [];
  return [`In ${hours.length} hours of the day (${hours.join(", ")}) more arrives than can be read.`];
}

function printWaits(
  theory: MeanWaits | null,
  exact: MeanWaits | null,
  simulated: SimulatedWaits | null,
): void {
  const rows = (["fifo", ...CASE_CLASSES.slice(1)] as const).map((name) => {
    const row = name === "fifo" ? simulated?.fifo.all : simulated?.policy[name];
    const title = name === "fifo" ? "first come, first served" : CLASS_TITLES[name];
    return [
      title,
      [
        theory?.[name as keyof MeanWaits],
        exact?.[name as keyof MeanWaits],
        row?.meanMin,
        row?.halfWidthMin,
        row?.medianMin,
        row?.p95Min,
        row?.worstMin,
      ],
    ] as const;
  });
  const titles = ["theory", "exact", "simulated", "±95 %", "median", "95th pct", "worst"];
  printRows("waiting minutes", titles, rows);
}

function printDelays({ delay }: SimulatedWaits): void {
  console.log("\nThe same cases under first come, first served: who waits longer for the AI's order");
  printRows(
    "change in minutes",
    ["sooner", "later", "mean change", "later: med", "95th pct", "worst"],
    CASE_CLASSES.map((name) => {
      const of = delay[name];
      const shares = [percent(of.soonerShare), percent(of.laterShare)];
      return [
        CLASS_TITLES[name],
        [...shares, of.meanChangeMin, of.laterMedianMin, of.laterP95Min, of.laterWorstMin],
      ];
    }),
  );
}

export function simulateDepartment(options: SimulateOptions, cases: number): void {
  const department = departmentOf(options);
  const circumstances = circumstancesOf(options);
  const exact = theoryOf(department, circumstances);
  const theory = exact && quCadWaits(department, exact);
  const said = warnings(department, circumstances);
  for (const warning of said) console.error(warning);
  const simulated = options.theoryOnly
    ? null
    : simulateWaits({ department, circumstances, cases, seed: options.seed });
  if (!options.json) {
    printWaits(theory, exact, simulated);
    if (simulated) printDelays(simulated);
    return;
  }
  const means = simulated && {
    fifo: simulated.fifo.all.meanMin,
    ...Object.fromEntries(CASE_CLASSES.slice(1).map((name) => [name, simulated.policy[name].meanMin])),
  };
  const { sensitivity, specificity } = department;
  console.log(
    JSON.stringify({
      theory,
      ...(theory !== exact && { exact }),
      ...(simulated && { simulation: means, detail: simulated }),
      operatingPoint: { sensitivity, specificity },
      stable: department.traffic < 1,
      warnings: said,
    }),
  );
}
