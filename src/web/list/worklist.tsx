/**
 * @file The worklist page.
 *
 * A study is chosen, never a place: when the order changes the choice stays with its study, so that Enter
 * opens what the reader saw.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { ReaderAction } from "../../domain/api.ts";
import { useKeys } from "../keys.ts";
import { takeAction } from "../state/actions.ts";
import { TABS, countTabs, filterRows } from "../state/filter.ts";
import type { Filter } from "../state/filter.ts";
import { getPreferences, keepPreferences } from "../state/preferences.ts";
import { useReaderName } from "../state/reader.ts";
import { navigate } from "../state/route.ts";
import { useWorklist } from "../state/session.ts";
import { Filters } from "./filters.tsx";
import { Row, rowId } from "./row.tsx";
import { useRows } from "./use-rows.ts";
import { Empty, Failed, Loading } from "./states.tsx";

/** Height of a row; `list.css` sets the same. */
const ROW_PX = 60;

export function Worklist({ initialUid }: { readonly initialUid: string | null }) {
  const { status, problem, ranked, moves } = useWorklist();
  const me = useReaderName();
  const [filter, setFilter] = useState(() => getPreferences().filter);
  const [selectedUid, setSelectedUid] = useState(initialUid);
  const searchRef = useRef<HTMLInputElement>(null);
  const shown = useMemo(() => filterRows(ranked, filter, me), [ranked, filter, me]);
  const counts = useMemo(() => countTabs(ranked, me), [ranked, me]);
  const { scrollRef, totalPx, visible, scrollTo, isSettled } = useRows(shown, ROW_PX);
  const selectedIndex = shown.findIndex(({ item }) => item.studyInstanceUid === selectedUid);

  const isMounted = visible.some(({ index }) => index === selectedIndex);

  const open = useCallback(
    (uid: string) => {
      setSelectedUid(uid);
      // The list moved under the pointer: show what was hit, open nothing.
      if (isSettled(uid)) navigate(uid);
    },
    [isSettled],
  );
  const change = (next: Filter): void => {
    keepPreferences({ filter: next });
    setFilter(next);
  };
  const select = (index: number): void => {
    const row = shown[Math.min(shown.length - 1, Math.max(0, index))];
    if (!row) return;
    setSelectedUid(row.item.studyInstanceUid);
    scrollTo(shown.indexOf(row));
  };
  const isInSight = (uid: string): boolean => {
    const box = document.getElementById(rowId(uid))?.getBoundingClientRect();
    const frame = scrollRef.current?.getBoundingClientRect();
    return box !== undefined && frame !== undefined && box.bottom > frame.top && box.top < frame.bottom;
  };
  /** For the chosen study, once the reader can see it. */
  const withSelected = (work: (uid: string) => void): void => {
    if (selectedIndex < 0 || selectedUid === null) return;
    if (isInSight(selectedUid)) work(selectedUid);
    else scrollTo(selectedIndex);
  };
  const act = (action: ReaderAction): void => withSelected((uid) => void takeAction(uid, action));

  useKeys({
    ArrowDown: () => select(selectedIndex + 1),
    ArrowUp: () => select(selectedIndex - 1),
    j: () => select(selectedIndex + 1),
    k: () => select(selectedIndex - 1),
    PageDown: () => select(selectedIndex + 10),
    PageUp: () => select(selectedIndex - 10),
    Home: () => select(0),
    End: () => select(shown.length - 1),
    Enter: () => withSelected(navigate),
    "/": () => searchRef.current?.focus(),
    Escape: () => setSelectedUid(null),
    c: () => act("claim"),
    x: () => act("release"),
    m: () => act(shown[selectedIndex]?.item.reading === "read" ? "reopen" : "read"),
    ...Object.fromEntries(TABS.map((tab, i) => [String(i + 1), () => change({ ...filter, tab })])),
  });

  useEffect(() => {
    document.title = counts.flagged > 0 ? `(${counts.flagged}) FirstRead` : "FirstRead";
  }, [counts.flagged]);
  useEffect(() => {
    scrollRef.current?.focus({ preventScroll: true });
  }, [scrollRef, status]);

  if (status === "loading") return <Loading />;
  if (status === "failed") return <Failed problem={problem} />;
  return (
    <section className="worklist" aria-label="Worklist">
      <Filters
        filter={filter}
        counts={counts}
        searchRef={searchRef}
        onFilter={change}
        onLeave={() => scrollRef.current?.focus({ preventScroll: true })}
      />
      <div className="list-head" aria-hidden="true">
        <span />
        <span>Priority</span>
        <span>Why here</span>
        <span>Patient</span>
        <span className="cell-study">Study</span>
        <span className="is-right">Waiting</span>
        <span>Finding</span>
        <span>State</span>
      </div>
      <div
        ref={scrollRef}
        className="list"
        role="grid"
        aria-label={`${shown.length} studies in reading order`}
        aria-rowcount={shown.length}
        aria-activedescendant={isMounted && selectedUid !== null ? rowId(selectedUid) : undefined}
        tabIndex={0}
      >
        {shown.length === 0 && <Empty isFiltered={ranked.length > 0} />}
        <div className="list-rows" role="presentation" style={{ height: totalPx }}>
          {visible.map(({ row, index, topPx }) => (
            <Row
              key={row.item.studyInstanceUid}
              row={row}
              index={index}
              topPx={topPx}
              isSelected={row.item.studyInstanceUid === selectedUid}
              me={me}
              move={moves.get(row.item.studyInstanceUid)}
              onOpen={open}
            />
          ))}
        </div>
      </div>
    </section>
  );
}
