/**
 * @file A workitem as the attributes of a Unified Procedure Step (PS3.3 C.30, PS3.4 table CC.2.5-3).
 */
import { PRIVATE } from "../../dicom/query/dictionary.ts";
import { code, element, personName, sequence } from "../../dicom/query/json-model.ts";
import type { DicomElement, DicomObject } from "../../domain/dicom-json.ts";
import type { AnalysisState } from "../../domain/worklist.ts";
import type { InstanceRow, SeriesRow } from "../../store/query-rows.ts";
import type { WorkitemRow } from "../../store/workitems.ts";
import type { FoundStudy } from "../query/attributes.ts";
import { patientAttributes, STEP_PRIORITY } from "../query/attributes.ts";

export const UPS_PUSH = "1.2.840.10008.5.1.4.34.6.1";

/** What to do: PS3.16 CID 9231. */
const INTERPRETATION = code("110005", "DCM", "Interpretation");
const STATION = code("FIRSTREAD", "99FIRSTREAD", "FirstRead");

/** Input Readiness State (0040,4041): a study is ready when nothing more is expected and its score, if any, is there. */
const READINESS: Readonly<Record<AnalysisState, "INCOMPLETE" | "READY">> = {
  arriving: "INCOMPLETE",
  settled: "READY",
  scoring: "READY",
  scored: "READY",
  "not-applicable": "READY",
  failed: "READY",
};

export interface WorkitemFacts {
  readonly workitem: WorkitemRow;
  readonly study: FoundStudy;
  readonly series: readonly SeriesRow[];
  /** null: the instances are not listed one by one. */
  readonly instances: readonly InstanceRow[] | null;
  /** Where `/studies/…` is: `http://127.0.0.1:8080/dicomweb`. */
  readonly baseUrl: string;
}

/** An instant as a DT in UTC, milliseconds kept. */
export const dateTime = (at: Date | null): DicomElement =>
  element("DT", at && `${at.toISOString().replace(/[-T:]|Z$/g, "")}+0000`);

/** What is returned of a workitem. The Transaction UID never is. */
export function workitemAttributes(facts: WorkitemFacts): DicomObject {
  const { workitem, study, series } = facts;
  const { item, priority, rank } = study;
  const description = item.description === "" ? "study" : item.description;
  const empty = sequence();
  return {
    "00080005": element("CS", "ISO_IR 192"),
    "00080016": element("UI", UPS_PUSH),
    "00080018": element("UI", workitem.workitem_uid),
    "00080056": element("CS", "ONLINE"),
    ...patientAttributes(item, series[0]),
    "0020000D": element("UI", item.studyInstanceUid),
    "00380010": { vr: "LO" },
    "00400400": element("LT", priority?.reason ?? null),
    "00404005": dateTime(workitem.scheduled_at),
    "00404010": dateTime(workitem.changed_at),
    "00404018": sequence(INTERPRETATION),
    "00404021": inputInformation(facts),
    "00404025": empty,
    "00404026": empty,
    "00404027": empty,
    "00404034": empty,
    "00404041": element("CS", READINESS[item.analysis]),
    "0040A370": sequence({
      "00080050": element("SH", item.accessionNumber),
      "0020000D": element("UI", item.studyInstanceUid),
      "00321060": element("LO", item.description),
      "00401001": { vr: "SH" },
    }),
    "00741000": element("CS", workitem.state),
    "00741002": progress(workitem),
    "00741200": element("CS", priority ? STEP_PRIORITY[priority.tier] : "MEDIUM"),
    "00741202": element("LO", "FirstRead"),
    "00741204": element("LO", `Read ${description}`.slice(0, 64)),
    "00741210": empty,
    "00741216": performed(workitem),
    "00741224": empty,
    [PRIVATE.creatorTag]: element("LO", PRIVATE.creator),
    [PRIVATE.rank]: element(
      "IS",
      workitem.state === "COMPLETED" || workitem.state === "CANCELED" ? null : rank,
    ),
    [PRIVATE.tier]: element("CS", priority?.tier.toUpperCase() ?? null),
    ...workitem.changes,
  };
}

/** The images to be read, series by series, and where they are retrieved. */
function inputInformation({ study, series, instances, baseUrl }: WorkitemFacts): DicomElement {
  const studyUid = study.item.studyInstanceUid;
  return sequence(
    ...series.map(({ seriesInstanceUid }): DicomObject => {
      const own = instances?.filter((instance) => instance.seriesInstanceUid === seriesInstanceUid) ?? [];
      const references = own.map(({ sopClassUid, sopInstanceUid }): DicomObject => ({
        "00081150": element("UI", sopClassUid),
        "00081155": element("UI", sopInstanceUid),
      }));
      const url = `${baseUrl}/studies/${studyUid}/series/${seriesInstanceUid}`;
      return {
        "00081199": sequence(...references),
        "0020000D": element("UI", studyUid),
        "0020000E": element("UI", seriesInstanceUid),
        "0040E020": element("CS", "DICOM"),
        "0040E025": sequence({ "00081190": element("UR", url) }),
      };
    }),
  );
}

/** Why and when it was canceled; nothing otherwise. */
function progress({ state, reason, ended_at }: WorkitemRow): DicomElement {
  if (state !== "CANCELED") return sequence();
  return sequence({ "00404052": dateTime(ended_at), "00741238": element("LT", reason) });
}

/** Who did it, and from when to when: what PS3.4 asks for in the final states, unless a client says it itself. */
function performed({ started_at, ended_at, performer }: WorkitemRow): DicomElement {
  if (!started_at) return sequence();
  return sequence({
    "00404019": sequence(INTERPRETATION),
    "00404028": sequence(STATION),
    "00404033": sequence(),
    "00404035": sequence({ "00404037": personName(performer ?? "") }),
    "00404050": dateTime(started_at),
    "00404051": dateTime(ended_at),
  });
}
