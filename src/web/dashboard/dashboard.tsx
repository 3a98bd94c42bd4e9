/**
 * @file The live dashboard: how fast studies are opened and read, what the readers say, what comes in, what waits.
 */
import { useEffect, useState } from "react";

import type { DashboardResponse } from "../../domain/dashboard.ts";
import { formatInstant } from "../format.ts";
import { useKeys } from "../keys.ts";
import { serverNowMs } from "../state/clock.ts";
import { WORKLIST_HREF, openPage } from "../state/route.ts";
import { AgreementCard, DriftCard, StagesCard } from "./quality.tsx";
import { Hours, TurnaroundTable } from "./turnaround.tsx";
import { useDashboard } from "./use-dashboard.ts";
import { durationText, medianText, shareText, shareValue } from "./words.ts";

const PERIODS = [1, 7, 30, 90] as const;
const DEFAULT_DAYS = 7;
/** Below this many studies every figure is one of few. */
const FEW_STUDIES = 30;

const periodText = (days: number): string => (days === 1 ? "24 hours" : `${days} days`);

interface HeadlineProps {
  readonly title: string;
  readonly value: string;
  readonly about: string;
  readonly isWarm?: boolean;
}

function Headline({ title, value, about, isWarm = false }: HeadlineProps) {
  return (
    <div className={isWarm ? "keyfigure is-suspected" : "keyfigure"}>
      <dt>{title}</dt>
      <dd>{value}</dd>
      <dd className="second">{about}</dd>
    </div>
  );
}

function Headlines({ figures }: { readonly figures: DashboardResponse }) {
  const { queue, flagged, unflagged, agreement } = figures;
  const underWay = queue.arriving + queue.settled + queue.scoring;
  return (
    <dl className="keyfigures">
      <Headline
        title="Suspected bleeds are opened after"
        value={medianText(flagged.toOpenMin)}
        about={`median of ${flagged.opened}; the others ${medianText(unflagged.toOpenMin)}, of ${unflagged.opened}`}
        isWarm
      />
      <Headline
        title="Waiting now"
        value={String(queue.waiting)}
        about={
          queue.oldestWaitMin === null
            ? `${queue.claimed} being read`
            : `the longest for ${durationText(queue.oldestWaitMin)}; ${queue.claimed} being read`
        }
      />
      <Headline
        title="Not scored yet"
        value={String(underWay)}
        about={`${queue.arriving} arriving, ${queue.settled} settled, ${queue.scoring} scoring; ${queue.failed} failed`}
      />
      <Headline
        title="Suspected, and a bleed"
        value={shareValue(agreement.positivePredictive)}
        about={shareText(agreement.positivePredictive)}
      />
    </dl>
  );
}

function Figures({ figures }: { readonly figures: DashboardResponse }) {
  const arrived = figures.all.arrived;
  return (
    <>
      {arrived < FEW_STUDIES && (
        <p className="warning" role="note">
          {arrived === 0 ? "No study" : `Only ${arrived} ${arrived === 1 ? "study" : "studies"}`} arrived in
          the last {periodText(figures.days)}: these figures are of few, and may be chance.
        </p>
      )}
      <Headlines figures={figures} />
      <section className="card">
        <TurnaroundTable figures={figures} />
      </section>
      <section className="card">
        <Hours hours={figures.hours} />
      </section>
      <div className="pair">
        <AgreementCard agreement={figures.agreement} />
        <StagesCard stages={figures.stages} />
      </div>
      <DriftCard
        drift={figures.drift}
        since={`from ${formatInstant(figures.referenceFrom, serverNowMs())}`}
      />
    </>
  );
}

export function Dashboard() {
  const [days, setDays] = useState<number>(DEFAULT_DAYS);
  const { figures, problem } = useDashboard(days);
  useKeys({
    Escape: () => openPage(WORKLIST_HREF),
    ...Object.fromEntries(PERIODS.map((period, i) => [String(i + 1), () => setDays(period)])),
  });
  useEffect(() => {
    document.title = "Dashboard – FirstRead";
  }, []);
  return (
    <div className="dashboard" aria-busy={figures === null}>
      <div className="page-head">
        <h1>The last {periodText(days)}</h1>
        <div className="days" role="group" aria-label="Period">
          {PERIODS.map((period, i) => (
            <button key={period} type="button" aria-pressed={period === days} onClick={() => setDays(period)}>
              {periodText(period)} <kbd>{i + 1}</kbd>
            </button>
          ))}
        </div>
        <a className="button" href={`/api/dashboard/history.csv?days=${days}`} download>
          Export CSV
        </a>
      </div>
      {problem !== "" && (
        <p className="warning" role="alert">
          The figures are not current: {problem} The page tries again by itself.
        </p>
      )}
      {figures !== null && <Figures figures={figures} />}
    </div>
  );
}
