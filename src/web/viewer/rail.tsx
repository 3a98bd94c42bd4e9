/**
 * @file The list beside the open study: it goes on living, so that a new bleed is noticed.
 */
import { memo, useCallback, useEffect } from "react";

import type { RankedItem } from "../../domain/worklist.ts";
import { isSuspected } from "../../triage/conditions.ts";
import { formatName } from "../format.ts";
import { useRows } from "../list/use-rows.ts";
import { FindingCell, MoveMark, Wait } from "../list/cells.tsx";
import type { Move } from "../state/moves.ts";
import { studyHref } from "../state/route.ts";
import { useReaderName, readerName } from "../state/reader.ts";
import { useWorklist } from "../state/session.ts";
import { readingWords } from "../words.ts";

/** Height of a row; `study.css` sets the same. */
const ROW_PX = 56;

interface RailProps {
  readonly rows: readonly RankedItem[];
  readonly uid: string;
}

export function Rail({ rows, uid }: RailProps) {
  const { moves } = useWorklist();
  const me = useReaderName();
  const { scrollRef, totalPx, visible, scrollTo, isSettled } = useRows(rows, ROW_PX);
  const index = rows.findIndex(({ item }) => item.studyInstanceUid === uid);
  useEffect(() => {
    if (index >= 0) scrollTo(index);
    // Only when another study is opened: a list that scrolls by itself cannot be read.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [uid, index >= 0]);
  const guard = useCallback((to: string) => isSettled(to), [isSettled]);
  return (
    <nav className="rail" aria-label="Worklist">
      <div ref={scrollRef} className="rail-scroll">
        <ol style={{ height: totalPx }}>
          {visible.map(({ row, topPx }) => (
            <RailRow
              key={row.item.studyInstanceUid}
              row={row}
              topPx={topPx}
              isOpen={row.item.studyInstanceUid === uid}
              me={me}
              move={moves.get(row.item.studyInstanceUid)}
              guard={guard}
            />
          ))}
        </ol>
      </div>
    </nav>
  );
}

interface RailRowProps {
  readonly row: RankedItem;
  readonly topPx: number;
  readonly isOpen: boolean;
  readonly me: string;
  readonly move: Move | undefined;
  readonly guard: (uid: string) => boolean;
}

const RailRow = memo(function RailRow({ row, topPx, isOpen, me, move, guard }: RailRowProps) {
  const { item, rank, priority } = row;
  const uid = item.studyInstanceUid;
  return (
    <li
      data-uid={uid}
      data-tier={item.reading === "read" ? "read" : priority.tier}
      data-suspected={isSuspected(item)}
      style={{ top: topPx }}
    >
      <a
        href={studyHref(uid)}
        aria-current={isOpen ? "page" : undefined}
        title={priority.reason}
        onClick={(event) => {
          if (!guard(uid)) event.preventDefault();
        }}
      >
        <span className="rank">{item.reading === "read" ? "–" : rank}</span>
        <span className="rail-name">{formatName(item.patient.name)}</span>
        <Wait item={item} />
        <span className="rail-move">
          <MoveMark move={move} />
        </span>
        {item.reading === "waiting" ? (
          <FindingCell item={item} />
        ) : (
          <span className={`rail-reading${isSuspected(item) ? " is-suspected" : ""}`}>
            {readingWords(item, me)}
          </span>
        )}
      </a>
    </li>
  );
});

/**
 * The study to go on with. From a study that was just read that is the first one that nobody has; from any
 * other the next on the list.
 *
 * @returns null at the list's end
 */
export function neighbour(rows: readonly RankedItem[], uid: string, step: 1 | -1): string | null {
  const index = rows.findIndex(({ item }) => item.studyInstanceUid === uid);
  const isRead = rows[index]?.item.reading === "read";
  if (step === 1 && (isRead || index < 0)) {
    const me = readerName();
    const next = rows.find(
      ({ item }) => item.reading === "waiting" || (item.reading === "claimed" && item.reader === me),
    );
    return next?.item.studyInstanceUid ?? null;
  }
  return rows[index + step]?.item.studyInstanceUid ?? null;
}
