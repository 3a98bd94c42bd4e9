/**
 * @file The simulator's table: theory beside simulation, and whom the order delays.
 */
import type { MeanWaits } from "../../triage/queueing/department.ts";
import type { CaseClass } from "../../triage/queueing/simulate.ts";
import type { WaitSummary } from "../../triage/queueing/summary.ts";
import { FiguresHead } from "../parts/figures-head.tsx";
import type { SimulatorResult } from "./compute.ts";
import { minutesText } from "./words.ts";

type Row = readonly [title: string, look: string, wait: WaitSummary, theory: number | undefined];

const CLASSES: readonly (readonly [Exclude<CaseClass, "all">, string, string])[] = [
  ["aiPositive", "AI positive", "is-warm"],
  ["aiNegative", "AI negative", "is-cool"],
  ["diseased", "With a bleed", "is-warm"],
  ["nonDiseased", "Without", "is-cool"],
];

function rowsOf({ waits, theory }: SimulatorResult): Row[] {
  const of = (name: keyof MeanWaits): number | undefined => theory?.[name];
  return [
    ["First come, first served", "is-plain", waits.fifo.all, of("fifo")],
    ...CLASSES.map(([name, title, look]): Row => [title, look, waits.policy[name], of(name)]),
  ];
}

export function WaitTable({ result }: { readonly result: SimulatorResult }) {
  return (
    <table className="figures">
      <caption>Minutes that a case waits, interruptions of its reading included</caption>
      <FiguresHead
        titles={["", "Theory", "Simulated", "95 % interval", "Median", "95th percentile", "Worst"]}
      />
      <tbody>
        {rowsOf(result).map(([title, look, wait, theory]) => (
          <tr key={title}>
            <th scope="row">
              <span className={`dot ${look}`} aria-hidden="true" />
              {title}
            </th>
            <td>{theory === undefined ? "–" : theory.toFixed(2)}</td>
            <td>{wait.meanMin.toFixed(2)}</td>
            <td>± {wait.halfWidthMin.toFixed(2)}</td>
            <td>{wait.medianMin.toFixed(1)}</td>
            <td>{wait.p95Min.toFixed(1)}</td>
            <td>{wait.worstMin.toFixed(0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** For each class a bar: sooner to the left, later to the right of who waits as long as ever. */
export function DelayBars({ result: { waits } }: { readonly result: SimulatorResult }) {
  return (
    <table className="figures delays">
      <caption>The same cases, first come, first served: who is read sooner, who later</caption>
      <FiguresHead
        titles={["", "Sooner", "", "Later", "Mean change", "Later by: median", "95th percentile"]}
      />
      <tbody>
        {CLASSES.map(([name, title, look]) => {
          const delay = waits.delay[name];
          return (
            <tr key={name}>
              <th scope="row">
                <span className={`dot ${look}`} aria-hidden="true" />
                {title}
              </th>
              <td>{percent(delay.soonerShare)}</td>
              <td className="shares" aria-hidden="true">
                <svg viewBox="0 0 100 8" preserveAspectRatio="none">
                  <rect className="is-same" width="100" height="8" />
                  <rect className="is-sooner" width={100 * delay.soonerShare} height="8" />
                  <rect
                    className="is-later"
                    x={100 - 100 * delay.laterShare}
                    width={100 * delay.laterShare}
                    height="8"
                  />
                </svg>
              </td>
              <td>{percent(delay.laterShare)}</td>
              <td>
                {delay.meanChangeMin > 0 ? "+" : "−"}
                {minutesText(Math.abs(delay.meanChangeMin))}
              </td>
              <td>{delay.laterShare === 0 ? "–" : minutesText(delay.laterMedianMin)}</td>
              <td>{delay.laterShare === 0 ? "–" : minutesText(delay.laterP95Min)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
