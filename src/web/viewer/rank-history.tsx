/**
 * @file How a study came to its place: a step for each change of its tier, the top of the list at the top.
 */
import { useEffect, useState } from "react";

import type { RankDecision } from "../../domain/api.ts";
import type { RankedItem } from "../../domain/worklist.ts";
import { getRankHistory } from "../api/client.ts";
import { formatInstant } from "../format.ts";
import { serverNowMs } from "../state/clock.ts";
import { TIER_WORDS, keepUnits } from "../words.ts";

const WIDTH = 300;
const HEIGHT = 64;
const MARGIN = 6;
/** The record is written a moment after the row moved. */
const SETTLE_MS = 400;

interface Step {
  readonly decision: RankDecision;
  readonly x: number;
  readonly endX: number;
  readonly y: number;
}

/** Where each decision's step lies, in the plot's units. Times in milliseconds since 1970. */
export function stepsOf(decisions: readonly RankDecision[], nowMs: number): Step[] {
  const [first] = decisions;
  const last = decisions.at(-1);
  if (!first || !last) return [];
  const startMs = Date.parse(first.at);
  const endMs = last.tier === null ? Date.parse(last.at) : Math.max(nowMs, Date.parse(last.at));
  const lowest = Math.max(2, ...decisions.map(({ rank }) => rank ?? 1));
  const at = (ms: number): number =>
    MARGIN + ((ms - startMs) / Math.max(1, endMs - startMs)) * (WIDTH - 2 * MARGIN);
  return decisions.flatMap((decision, i) => {
    if (decision.rank === null) return [];
    const next = decisions[i + 1];
    const y = MARGIN + ((decision.rank - 1) / (lowest - 1)) * (HEIGHT - 2 * MARGIN);
    return [{ decision, x: at(Date.parse(decision.at)), endX: at(next ? Date.parse(next.at) : endMs), y }];
  });
}

/** One line that goes from step to step; a gap where the study was off the list. */
function pathOf(steps: readonly Step[]): string {
  return steps
    .map(({ x, endX, y }, i) => {
      const before = steps[i - 1];
      const start =
        before !== undefined && Math.abs(before.endX - x) < 0.01
          ? `V${y.toFixed(1)}`
          : `M${x.toFixed(1)} ${y.toFixed(1)}`;
      return `${start}H${endX.toFixed(1)}`;
    })
    .join("");
}

function useDecisions(uid: string, row: RankedItem): readonly RankDecision[] {
  const [decisions, setDecisions] = useState<readonly RankDecision[]>([]);
  const { tier } = row.priority;
  const { reading } = row.item;
  useEffect(() => {
    const abort = new AbortController();
    const read = (): void => {
      getRankHistory(uid, abort.signal).then(
        (history) => setDecisions(history.decisions),
        // A study that has no record yet shows none.
        () => undefined,
      );
    };
    const timer = setTimeout(read, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [uid, tier, reading]);
  return decisions;
}

const placeWords = ({ tier, rank, unread }: RankDecision): string =>
  tier === null ? "Read" : `${TIER_WORDS[tier]}, place ${rank ?? "?"} of ${unread}`;

export function RankHistory({ row }: { readonly row: RankedItem }) {
  const decisions = useDecisions(row.item.studyInstanceUid, row);
  const steps = stepsOf(decisions, serverNowMs());
  if (steps.length === 0) return null;
  return (
    <div className="rank-history">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Place on the list over time: ${decisions.map(placeWords).join("; ")}`}
      >
        <line className="rank-top" x1={0} x2={WIDTH} y1={MARGIN} y2={MARGIN} />
        <path d={pathOf(steps)} />
        {steps.map(({ decision, x, y }) => (
          <circle key={decision.at} className={`is-${decision.tier ?? "read"}`} cx={x} cy={y} r={3}>
            <title>{`${formatInstant(decision.at, serverNowMs())}: ${placeWords(decision)}. ${decision.reason}`}</title>
          </circle>
        ))}
      </svg>
      <details className="second">
        <summary>{decisions.length === 1 ? "1 decision" : `${decisions.length} decisions`}</summary>
        <ol className="facts">
          {decisions.map((decision) => (
            <li key={decision.at}>
              <span className="fact">
                <span>{placeWords(decision)}</span>
                <time dateTime={decision.at}>{formatInstant(decision.at, serverNowMs())}</time>
              </span>
              <span>{keepUnits(decision.reason)}</span>
              <span>{decision.policyVersion}</span>
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}
