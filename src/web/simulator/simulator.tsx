/**
 * @file The simulator's page: what prioritisation would do to a department's waiting times, and whom it would
 * make wait longer.
 */
import { useEffect, useState } from "react";

import { LineChart } from "../charts/line-chart.tsx";
import type { Line } from "../charts/line-chart.tsx";
import { useKeys } from "../keys.ts";
import { WORKLIST_HREF, openPage } from "../state/route.ts";
import { CURVE_STEPS } from "./compute.ts";
import type { Curve, SimulatorResult } from "./compute.ts";
import { DelayBars, WaitTable } from "./figures.tsx";
import { DEFAULT_SETTINGS } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { Sliders } from "./sliders.tsx";
import { useSimulation } from "./use-simulation.ts";
import { stabilityWords, whomItDelays } from "./words.ts";

/** What the sliders said last, while the page is open. */
let lastSettings = DEFAULT_SETTINGS;

/** The plot ends where 97 of 100 cases of the slowest class are open. */
const PLOT_SHARE = 0.97;

const points = (curve: Curve): Line["points"] =>
  curve.map((minutes, i) => [minutes, i / CURVE_STEPS] as const);

function curveTop(curves: readonly Curve[]): number {
  const at = Math.floor(PLOT_SHARE * CURVE_STEPS);
  return Math.max(1, ...curves.map((curve) => curve[at] ?? 0));
}

function WaitChart({ result, byTruth }: { readonly result: SimulatorResult; readonly byTruth: boolean }) {
  const { curves, fifoCurve } = result;
  const [warm, cool] = byTruth
    ? [curves.diseased, curves.nonDiseased]
    : [curves.aiPositive, curves.aiNegative];
  const xTop = curveTop([fifoCurve, warm, cool]);
  const lines: Line[] = [
    { title: "First come, first served", look: "is-plain", points: points(fifoCurve) },
    { title: byTruth ? "With a bleed" : "AI positive", look: "is-warm", points: points(warm) },
    { title: byTruth ? "Without" : "AI negative", look: "is-cool", points: points(cool) },
  ];
  return (
    <LineChart
      label="Share of the cases that are open within so many minutes, first come, first served and in the AI's order"
      lines={lines}
      xTop={xTop}
      yTop={1}
      xTitle="minutes since arrival"
      xText={(value) => String(Math.round(value * 10) / 10)}
      yText={(value) => `${Math.round(value * 100)} %`}
    />
  );
}

function Results({ result, byTruth }: { readonly result: SimulatorResult; readonly byTruth: boolean }) {
  const warning = stabilityWords(result);
  return (
    <>
      {warning !== "" && (
        <p className="warning" role="alert">
          {warning}
        </p>
      )}
      <section className="card whom">
        <h2>Whom it helps, whom it delays</h2>
        {whomItDelays(result).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </section>
      <section className="card">
        <WaitChart result={result} byTruth={byTruth} />
      </section>
      <section className="card">
        <WaitTable result={result} />
        <p className="second">
          {result.noTheory === "" ? "" : `No theory: ${result.noTheory}. `}
          {result.cases.toLocaleString("en")} cases drawn with a fixed seed; intervals by batch means.
        </p>
      </section>
      <section className="card">
        <DelayBars result={result} />
      </section>
    </>
  );
}

export function Simulator() {
  const [settings, setSettings] = useState(lastSettings);
  const [byTruth, setByTruth] = useState(true);
  const result = useSimulation(settings);
  const change = (next: Partial<Settings>): void => {
    lastSettings = { ...settings, ...next };
    setSettings(lastSettings);
  };
  useKeys({
    Escape: () => openPage(WORKLIST_HREF),
    r: () => change(DEFAULT_SETTINGS),
    t: () => setByTruth(!byTruth),
    i: () => change({ isPreemptive: !settings.isPreemptive }),
  });
  useEffect(() => {
    document.title = "Simulator – FirstRead";
  }, []);
  return (
    <div className="simulator">
      <Sliders settings={settings} onChange={change} />
      <div className="simulated" aria-busy={result === null}>
        <div className="page-head">
          <h1>What would the AI&#8217;s order do to the waits?</h1>
          <div className="days" role="group" aria-label="Cases shown by">
            <button type="button" aria-pressed={byTruth} onClick={() => setByTruth(true)}>
              Bleed or not
            </button>
            <button type="button" aria-pressed={!byTruth} onClick={() => setByTruth(false)}>
              AI&#8217;s word <kbd>T</kbd>
            </button>
          </div>
          <button type="button" onClick={() => change(DEFAULT_SETTINGS)}>
            Reset <kbd>R</kbd>
          </button>
        </div>
        {result === null ? (
          <p className="second">Simulating</p>
        ) : (
          <Results result={result} byTruth={byTruth} />
        )}
      </div>
    </div>
  );
}
