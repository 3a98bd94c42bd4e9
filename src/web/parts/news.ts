/**
 * @file What became pressing, said once: to a screen reader always, and in a notice to a reader who has
 * another study open.
 */
import { useEffect, useEffectEvent, useState } from "react";

import { isSuspected } from "../../triage/conditions.ts";
import { formatName, formatPercent } from "../format.ts";
import { notify } from "../state/notices.ts";
import { worklist } from "../state/session.ts";

/** Follows the list; returns the sentence for the live region. `openUid` is the study being looked at. */
export function useNews(openUid: string | null): string {
  const [sentence, setSentence] = useState("");
  const tell = useEffectEvent((told: Map<string, number>) => {
    const { moves, byUid } = worklist.snapshot();
    const fresh = [...moves.values()].filter(({ uid, atMs }) => told.get(uid) !== atMs);
    for (const { uid, atMs } of fresh) told.set(uid, atMs);
    const rows = fresh.flatMap((move) => {
      const row = byUid.get(move.uid);
      return row && isSuspected(row.item) && row.item.reading === "waiting" ? [{ move, row }] : [];
    });
    for (const { move, row } of rows) {
      const percent = row.item.finding ? `, ${formatPercent(row.item.finding.probability)}` : "";
      const place = move.up > 0 ? `moved up ${move.up} to place ${row.rank}` : `new at place ${row.rank}`;
      const text = `${formatName(row.item.patient.name)}: suspected hemorrhage${percent}, ${place}`;
      setSentence(text);
      if (openUid !== null && openUid !== move.uid) notify({ kind: "news", text, uid: move.uid });
    }
  });
  useEffect(() => {
    const told = new Map<string, number>();
    return worklist.subscribe(() => tell(told));
  }, []);
  return sentence;
}
