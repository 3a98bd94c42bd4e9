/**
 * @file The cells that live by themselves: the wait that counts, the finding with its progress, the marker of
 * a move.
 */
import type { WorklistItem } from "../../domain/worklist.ts";
import { formatWait } from "../format.ts";
import { useServerNow } from "../state/clock.ts";
import type { Move } from "../state/moves.ts";
import { useProgress } from "../state/session.ts";
import { findingWords } from "../words.ts";

/** Since arrival; stands still once the study is read. */
export function Wait({ item }: { readonly item: WorklistItem }) {
  const nowMs = useServerNow();
  const until = item.reading === "read" && item.readAt !== null ? Date.parse(item.readAt) : nowMs;
  return (
    <span className="wait" title={item.reading === "read" ? "From arrival to read" : "Since arrival"}>
      {formatWait(until - Date.parse(item.arrivedAt))}
    </span>
  );
}

export function FindingCell({ item }: { readonly item: WorklistItem }) {
  const progress = useProgress(item.studyInstanceUid);
  const { tone, text, percent, note } = findingWords(item, progress);
  const fraction =
    progress && item.analysis === "scoring" ? progress.done / Math.max(1, progress.total) : null;
  return (
    <div className={`finding is-${tone}`}>
      <span className="finding-line">
        <span className="finding-text">{text}</span>
        {percent !== "" && <span className="finding-percent">{percent}</span>}
      </span>
      {fraction === null ? (
        note !== "" && (
          <span className="finding-note" title={note}>
            {note}
          </span>
        )
      ) : (
        <span className="progress" aria-hidden="true">
          <span style={{ scale: `${fraction} 1` }} />
        </span>
      )}
    </div>
  );
}

export function MoveMark({ move }: { readonly move: Move | undefined }) {
  if (!move) return null;
  return (
    <span key={move.atMs} className="move" aria-label={move.up > 0 ? `moved up ${move.up}` : "new"}>
      {move.up > 0 ? `▲ ${move.up}` : "new"}
    </span>
  );
}
