/**
 * @file A study: the list beside it, its images, what is known of it.
 */
import { useEffect, useMemo, useRef, useState } from "react";

import type { ReaderAction, StudyDetail } from "../../domain/api.ts";
import type { RankedItem, WorklistItem } from "../../domain/worklist.ts";
import { formatInstant, formatName } from "../format.ts";
import { useKeys } from "../keys.ts";
import { Wait } from "../list/cells.tsx";
import { giveFeedback, takeAction } from "../state/actions.ts";
import { serverNowMs } from "../state/clock.ts";
import { notify } from "../state/notices.ts";
import { useReaderName } from "../state/reader.ts";
import { useRenewal } from "../state/renewal.ts";
import { navigate } from "../state/route.ts";
import { useWorklist } from "../state/session.ts";
import { ACTION_WORDS, actionsFor, readingWords } from "../words.ts";
import { Panel } from "./panel.tsx";
import { PriorityDialog } from "./priority-dialog.tsx";
import { Rail, neighbour } from "./rail.tsx";
import { useStudy } from "./use-study.ts";
import { Viewer } from "./viewer.tsx";

const ACTION_KEYS: Readonly<Record<ReaderAction, string>> = {
  claim: "C",
  release: "X",
  read: "M",
  reopen: "M",
  rescore: "",
};

export function StudyPage({ uid }: { readonly uid: string }) {
  const { ranked } = useWorklist();
  const rows = useMemo(
    () => ranked.filter((at) => at.item.reading !== "read" || at.item.studyInstanceUid === uid),
    [ranked, uid],
  );
  return (
    <div className="study">
      <Rail rows={rows} uid={uid} />
      <OpenStudy key={uid} uid={uid} rows={rows} />
    </div>
  );
}

/** One study; another study is another component, so that nothing of this one stays on the screen. */
function OpenStudy({ uid, rows }: { readonly uid: string; readonly rows: readonly RankedItem[] }) {
  const { byUid } = useWorklist();
  const { detail, problem } = useStudy(uid);
  const row = byUid.get(uid);
  const item = row?.item ?? detail?.item;
  const headingRef = useRef<HTMLHeadingElement>(null);
  const isKnown = item !== undefined;
  const [isPriorityAsked, setPriorityAsked] = useState(false);
  const me = useReaderName();
  useRenewal(uid, item?.reading === "claimed" && item.reader === me ? me : "");
  useEffect(() => headingRef.current?.focus({ preventScroll: true }), [isKnown]);
  useEffect(() => {
    document.title = item ? `${formatName(item.patient.name)} – FirstRead` : "FirstRead";
  }, [item]);

  const step = (by: 1 | -1): void => {
    const next = neighbour(rows, uid, by);
    if (next === null)
      notify({ kind: "news", text: by === 1 ? "That was the last study." : "This is the first study." });
    else navigate(next);
  };
  useKeys({
    Escape: () => navigate(null),
    n: () => step(1),
    j: () => step(1),
    p: () => step(-1),
    k: () => step(-1),
    c: () => void takeAction(uid, "claim"),
    x: () => void takeAction(uid, "release"),
    m: () => void takeAction(uid, item?.reading === "read" ? "reopen" : "read"),
    a: () => void giveFeedback(uid, true),
    d: () => void giveFeedback(uid, false),
    t: () => setPriorityAsked(true),
  });

  return (
    <>
      <div className="study-main">
        {item && <StudyHead item={item} headingRef={headingRef} />}
        <Images detail={detail} problem={problem} item={item} />
      </div>
      {detail && <Panel detail={detail} row={row} />}
      {isPriorityAsked && item && <PriorityDialog item={item} onClose={() => setPriorityAsked(false)} />}
    </>
  );
}

function StudyHead({
  item,
  headingRef,
}: {
  readonly item: WorklistItem;
  readonly headingRef: React.RefObject<HTMLHeadingElement | null>;
}) {
  const me = useReaderName();
  const { patient, studyInstanceUid: uid } = item;
  const facts = [patient.age, patient.sex, patient.id].filter((fact) => fact !== "").join(" · ");
  const study = [
    item.description,
    item.accessionNumber,
    `arrived ${formatInstant(item.arrivedAt, serverNowMs())}`,
  ];
  return (
    <div className="study-head">
      <div className="study-who">
        <h1 ref={headingRef} tabIndex={-1}>
          {formatName(patient.name)}
        </h1>
        <p>{facts}</p>
        <p className="second">{study.filter((fact) => fact !== "").join(" · ")}</p>
      </div>
      <div className="study-state">
        <Wait item={item} />
        <span className={`state is-${item.reading}`}>{readingWords(item, me)}</span>
      </div>
      <div className="study-actions">
        {actionsFor(item, me).map((action, i) => (
          <button
            key={action}
            type="button"
            className={i === 0 ? "primary" : ""}
            onClick={() => void takeAction(uid, action)}
          >
            {ACTION_WORDS[action]} <kbd>{ACTION_KEYS[action]}</kbd>
          </button>
        ))}
      </div>
    </div>
  );
}

interface ImagesProps {
  readonly detail: StudyDetail | null;
  readonly problem: string;
  readonly item: RankedItem["item"] | undefined;
}

function Images({ detail, problem, item }: ImagesProps) {
  if (!detail) {
    return problem === "" ? (
      <div className="state-page" aria-busy="true">
        <p className="second">Opening the study</p>
      </div>
    ) : (
      <div className="state-page" role="alert">
        <h1>The study could not be opened</h1>
        <p>{problem}</p>
      </div>
    );
  }
  if (detail.slices.length > 0) return <Viewer detail={detail} />;
  const isComing =
    item?.analysis === "arriving" || item?.analysis === "settled" || item?.analysis === "scoring";
  return (
    <div className="state-page">
      <h1>No images to show{isComing ? " yet" : ""}</h1>
      <p className="second">
        {isComing
          ? "They appear here once the study is complete and its series is chosen."
          : (item?.analysisReason ?? "")}
      </p>
    </div>
  );
}
