/**
 * @file What the readers say of the findings, and whether what comes in is what came in before.
 */
import type { Agreement, Drift, Share, StageLatency } from "../../domain/dashboard.ts";
import { FiguresHead } from "../parts/figures-head.tsx";
import {
  DRIFT_TITLES,
  STAGE_TITLES,
  binLabel,
  binText,
  driftDetail,
  driftVerdict,
  latencyText,
  shareText,
  shareValue,
} from "./words.ts";

function ShareRow({ title, share }: { readonly title: string; readonly share: Share }) {
  const { value, low, high } = share;
  return (
    <div className="share">
      <dt>{title}</dt>
      <dd>{shareValue(share)}</dd>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <line className="range" x1="0" x2="100" y1="5" y2="5" />
        {value !== null && (
          <>
            <line className="interval" x1={100 * low} x2={100 * high} y1="5" y2="5" />
            <rect className="value" x={100 * value - 0.5} width="1" y="0" height="10" />
          </>
        )}
      </svg>
      <dd className="second">{shareText(share)}</dd>
    </div>
  );
}

export function AgreementCard({ agreement }: { readonly agreement: Agreement }) {
  return (
    <section className="card">
      <h2>What the readers say of the findings</h2>
      <dl className="shares-list">
        <ShareRow title="Agree with the finding" share={agreement.agreeing} />
        <ShareRow title="Suspected, and a bleed (PPV)" share={agreement.positivePredictive} />
        <ShareRow title="Not suspected, and none (NPV)" share={agreement.negativePredictive} />
      </dl>
      <p className="second">
        Of the studies that somebody judged, which are not all: readers judge what surprises them.
      </p>
    </section>
  );
}

function DriftRow({ drift }: { readonly drift: Drift }) {
  const { name, bins, referenceCount, currentCount, verdict } = drift;
  const share = (count: number, of: number): number => (of === 0 ? 0 : count / of);
  const top = Math.max(
    0.01,
    ...bins.flatMap((bin) => [share(bin.reference, referenceCount), share(bin.current, currentCount)]),
  );
  return (
    <div className="drift" data-verdict={verdict}>
      <h3>{DRIFT_TITLES[name] ?? name}</h3>
      <p className="verdict">{driftVerdict(drift)}</p>
      <div className="bins">
        {bins.map(({ value, reference, current }) => (
          <div
            key={value}
            className="bin"
            title={`${binText(name, value)}: ${current} of ${currentCount} now, ${reference} of ${referenceCount} before`}
          >
            <div className="bars" aria-hidden="true">
              <i
                className="before"
                style={{ height: `${(100 * share(reference, referenceCount)) / top}%` }}
              />
              <i className="now" style={{ height: `${(100 * share(current, currentCount)) / top}%` }} />
            </div>
            <span>{binLabel(name, value)}</span>
          </div>
        ))}
      </div>
      <p className="second">{driftDetail(drift)}</p>
    </div>
  );
}

export function DriftCard({ drift, since }: { readonly drift: readonly Drift[]; readonly since: string }) {
  return (
    <section className="card">
      <h2>Is what comes in what came in before?</h2>
      <p className="second drift-note">
        This period in blue, the 90 days before it ({since}) in grey; at most 2,000 studies of each.
        Attributes are those of a study&#8217;s first instance.
      </p>
      <div className="drifts">
        {drift.map((one) => (
          <DriftRow key={one.name} drift={one} />
        ))}
      </div>
    </section>
  );
}

export function StagesCard({ stages }: { readonly stages: readonly StageLatency[] }) {
  return (
    <section className="card">
      <table className="figures">
        <caption>How long each stage takes</caption>
        <FiguresHead titles={["", "Studies", "Median", "95th pct"]} />
        <tbody>
          {stages.map(({ stage, count, medianMs, p95Ms }) => (
            <tr key={stage}>
              <th scope="row">{STAGE_TITLES[stage] ?? stage}</th>
              <td>{count}</td>
              <td>{latencyText(medianMs)}</td>
              <td>{latencyText(p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
