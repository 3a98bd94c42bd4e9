/**
 * @file One study on the list.
 */
import { memo } from "react";

import type { RankedItem } from "../../domain/worklist.ts";
import { isSuspected } from "../../triage/conditions.ts";
import { formatInstant, formatName } from "../format.ts";
import { serverNowMs } from "../state/clock.ts";
import { takeAction } from "../state/actions.ts";
import type { Move } from "../state/moves.ts";
import { studyHref } from "../state/route.ts";
import { ACTION_WORDS, TIER_WORDS, actionsFor, keepUnits, readingWords } from "../words.ts";
import { FindingCell, MoveMark, Wait } from "./cells.tsx";

interface RowProps {
  readonly row: RankedItem;
  readonly index: number;
  readonly topPx: number;
  readonly isSelected: boolean;
  readonly me: string;
  readonly move: Move | undefined;
  readonly onOpen: (uid: string) => void;
}

/** The row's element id, for `aria-activedescendant`. */
export const rowId = (uid: string): string => `row-${uid}`;

function RowView({ row: { item, rank, priority }, index, topPx, isSelected, me, move, onOpen }: RowProps) {
  const { studyInstanceUid: uid, patient } = item;
  const facts = [patient.age, patient.sex, patient.id].filter((fact) => fact !== "").join(" · ");
  const isRead = item.reading === "read";
  const classes = ["row", isSelected && "is-selected", isRead && "is-read", move && "is-moved"]
    .filter(Boolean)
    .join(" ");
  return (
    <div
      id={rowId(uid)}
      data-uid={uid}
      data-tier={isRead ? "read" : priority.tier}
      data-suspected={isSuspected(item)}
      className={classes}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      style={{ top: topPx }}
      onClick={() => onOpen(uid)}
    >
      <div role="gridcell" className="cell-rank">
        <span className="rank">{isRead ? "–" : rank}</span>
        <MoveMark move={move} />
      </div>
      <div role="gridcell" className="cell-tier">
        <span className="tier">{isRead ? "Read" : TIER_WORDS[priority.tier]}</span>
      </div>
      <div role="gridcell" className="cell-why" title={priority.reason}>
        <p>{keepUnits(priority.reason)}</p>
      </div>
      <div role="gridcell" className="cell-patient">
        <a
          className="name"
          href={studyHref(uid)}
          tabIndex={-1}
          onClick={(event) => {
            // A plain click is the row's; with a modifier the browser opens a tab of its own.
            if (event.ctrlKey || event.metaKey || event.shiftKey) event.stopPropagation();
            else event.preventDefault();
          }}
        >
          {formatName(patient.name)}
        </a>
        <span className="second">{facts}</span>
      </div>
      <div role="gridcell" className="cell-study">
        <span>{item.description || "No description"}</span>
        <span className="second">
          {item.accessionNumber === "" ? "No accession" : item.accessionNumber} · arrived{" "}
          {formatInstant(item.arrivedAt, serverNowMs())}
        </span>
      </div>
      <div role="gridcell" className="cell-wait">
        <Wait item={item} />
      </div>
      <div role="gridcell" className="cell-finding">
        <FindingCell item={item} />
      </div>
      <div role="gridcell" className="cell-state">
        <span className={`state is-${item.reading}`}>{readingWords(item, me)}</span>
        <span className="row-actions">
          {actionsFor(item, me).map((action) => (
            <button
              key={action}
              type="button"
              tabIndex={-1}
              onClick={(event) => {
                event.stopPropagation();
                void takeAction(uid, action);
              }}
            >
              {ACTION_WORDS[action]}
            </button>
          ))}
        </span>
      </div>
    </div>
  );
}

export const Row = memo(RowView);
