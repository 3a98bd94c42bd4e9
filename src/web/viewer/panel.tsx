/**
 * @file Beside the image: the finding and where it comes from, why the study stands where it stands, what was
 * looked at and what not, and what was done.
 */
import type { ReactNode } from "react";

import type { StudyDetail } from "../../domain/api.ts";
import type { Skipped } from "../../domain/study.ts";
import type { RankedItem } from "../../domain/worklist.ts";
import { formatInstant, formatPercent } from "../format.ts";
import { giveFeedback } from "../state/actions.ts";
import { serverNowMs } from "../state/clock.ts";
import { useProgress } from "../state/session.ts";
import { TIER_WORDS, findingWords, keepUnits } from "../words.ts";
import { RankHistory } from "./rank-history.tsx";

interface PanelProps {
  readonly detail: StudyDetail;
  /** The row as the list has it; undefined when the study is not on the list. */
  readonly row: RankedItem | undefined;
}

export function Panel({ detail, row }: PanelProps) {
  const chosen = detail.series.filter((series) => series.chosen);
  const others = detail.series.filter((series) => !series.chosen);
  return (
    <aside className="panel" aria-label="About this study" tabIndex={-1}>
      <Finding detail={detail} row={row} />
      {row && (
        <Section title="Place on the list">
          <p>
            <strong>
              {row.item.reading === "read" ? "Read" : `${TIER_WORDS[row.priority.tier]}, place ${row.rank}`}
            </strong>
          </p>
          <p className="second">{keepUnits(row.priority.reason)}</p>
          <RankHistory row={row} />
        </Section>
      )}
      {detail.series.length > 0 && (
        <Section title="Series">
          <ul className="facts">
            {[...chosen, ...others].map((series) => (
              <li key={series.seriesInstanceUid} className={series.chosen ? "is-chosen" : ""}>
                <span className="fact">
                  <span>{series.description || series.modality}</span>
                  <span className="second">{imageCount(series.instanceCount)}</span>
                </span>
                <span className="second">
                  {series.chosen ? "Scored. " : "Not scored. "}
                  {series.reason}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {detail.skipped.length > 0 && (
        <Section title={`Could not be used (${detail.skipped.length})`}>
          <ul className="facts">
            {byReason(detail.skipped).map(([reason, files]) => (
              <li key={reason}>
                <span>{reason}</span>
                <details className="second is-uid">
                  <summary>{imageCount(files.length)}</summary>
                  {files.map((file) => (
                    <div key={file}>{file}</div>
                  ))}
                </details>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {detail.history.length > 0 && (
        <Section title="History">
          <ol className="facts">
            {detail.history.map((entry, i) => (
              <li key={`${entry.at}-${i}`}>
                <span className="fact">
                  <span>{capital(entry.what)}</span>
                  <time className="second" dateTime={entry.at}>
                    {formatInstant(entry.at, serverNowMs())}
                  </time>
                </span>
                <span className="second">
                  {entry.who}
                  {entry.detail === "" ? "" : `: ${entry.detail}`}
                </span>
              </li>
            ))}
          </ol>
        </Section>
      )}
    </aside>
  );
}

/** What has the same reason, together; in order of first appearance. */
function byReason(skipped: readonly Skipped[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { file, reason } of skipped) groups.set(reason, [...(groups.get(reason) ?? []), file]);
  return [...groups];
}

const imageCount = (count: number): string => (count === 1 ? "1 image" : `${count} images`);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel-section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Finding({ detail, row }: PanelProps) {
  const item = row?.item ?? detail.item;
  const progress = useProgress(item.studyInstanceUid);
  const { tone, text, percent, note } = findingWords(item, progress);
  const { finding, feedback, studyInstanceUid: uid } = item;
  return (
    <section className={`panel-finding is-${tone}`}>
      <p className="headline">
        <span>{text}</span>
        {percent !== "" && <span className="percent">{percent}</span>}
      </p>
      {item.analysisReason !== "" && <p className="second">{item.analysisReason}</p>}
      {finding && item.analysis === "scored" && (
        <>
          <p className="second">
            {finding.suspiciousSliceCount} of {finding.sliceCount} slices above the threshold of{" "}
            {formatPercent(finding.threshold)}
          </p>
          <p className="second">
            {finding.model.name} {finding.model.version}
          </p>
          <div className="feedback" role="group" aria-label="Your word on the finding">
            <button
              type="button"
              aria-pressed={feedback?.agrees === true}
              onClick={() => void giveFeedback(uid, true)}
            >
              Agree <kbd>A</kbd>
            </button>
            <button
              type="button"
              aria-pressed={feedback?.agrees === false}
              onClick={() => void giveFeedback(uid, false)}
            >
              Disagree <kbd>D</kbd>
            </button>
          </div>
          {feedback && (
            <p className="second">
              {feedback.reader} {feedback.agrees ? "agrees" : "disagrees"},{" "}
              {formatInstant(feedback.at, serverNowMs())}
            </p>
          )}
          {percent === "" && <p className="second">{note}</p>}
        </>
      )}
    </section>
  );
}
