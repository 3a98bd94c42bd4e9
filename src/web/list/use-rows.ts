/**
 * @file The rows in sight: virtualised, gliding when the order changes, and honest about clicks.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";

import type { RankedItem } from "../../domain/worklist.ts";
import { fadeIn, glide, glideFrom } from "./flip.ts";

/** A row that came under a resting pointer less than this ago is not what the reader meant to click. */
const SETTLE_MS = 400;

export interface Rows {
  readonly scrollRef: RefObject<HTMLDivElement | null>;
  readonly totalPx: number;
  /** The rows in sight, with their offsets in the list. */
  readonly visible: readonly { readonly row: RankedItem; readonly index: number; readonly topPx: number }[];
  readonly scrollTo: (index: number) => void;
  /** Whether a row has stood still long enough for a click on it to be meant. */
  readonly isSettled: (uid: string) => boolean;
}

const elementOf = (scroll: HTMLElement | null, uid: string): HTMLElement | null =>
  scroll?.querySelector<HTMLElement>(`[data-uid="${CSS.escape(uid)}"]`) ?? null;

/** Where the wanted studies stood. */
function offsetsOf(
  rows: readonly RankedItem[],
  wanted: ReadonlySet<string>,
  rowPx: number,
): Map<string, number> {
  const offsets = new Map<string, number>();
  rows.forEach(({ item: { studyInstanceUid } }, index) => {
    if (wanted.has(studyInstanceUid)) offsets.set(studyInstanceUid, index * rowPx);
  });
  return offsets;
}

/** @param rows in display order; @param rowPx height of a row */
export function useRows(rows: readonly RankedItem[], rowPx: number): Rows {
  const scrollRef = useRef<HTMLDivElement>(null);
  const lastRows = useRef<readonly RankedItem[]>([]);
  const movedAt = useRef(new Map<string, number>());
  // eslint-disable-next-line react-hooks/incompatible-library -- the React Compiler is not used
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowPx,
    overscan: 6,
    initialRect: { width: 0, height: window.innerHeight },
    useFlushSync: false,
  });
  const visible = virtualizer.getVirtualItems().flatMap(({ index, start }) => {
    const row = rows[index];
    return row ? [{ row, index, topPx: start }] : [];
  });

  useLayoutEffect(() => {
    const last = lastRows.current;
    lastRows.current = rows;
    if (last === rows || last.length === 0) return;
    const lastPx = offsetsOf(last, new Set(visible.map(({ row }) => row.item.studyInstanceUid)), rowPx);
    const screenPx = scrollRef.current?.clientHeight ?? 0;
    const nowMs = performance.now();
    movedAt.current.clear();
    for (const { row, topPx: now } of visible) {
      const uid = row.item.studyInstanceUid;
      const before = lastPx.get(uid);
      if (before === now) continue;
      movedAt.current.set(uid, nowMs);
      const element = elementOf(scrollRef.current, uid);
      if (!element) continue;
      if (before === undefined) fadeIn(element);
      else glide(element, glideFrom(before, now, screenPx));
    }
  });

  const isSettled = useCallback(
    (uid: string) => performance.now() - (movedAt.current.get(uid) ?? -Infinity) > SETTLE_MS,
    [],
  );
  return {
    scrollRef,
    totalPx: virtualizer.getTotalSize(),
    visible,
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
    isSettled,
  };
}
