/**
 * @file The tables, as kysely sees them. `migrations.ts` creates them.
 *
 * Columns named in `snake_case` are SQL's; the values are the types of `src/domain`.
 */
import type { ColumnType, Generated, JSONColumnType } from "kysely";

import type { DicomObject } from "../domain/dicom-json.ts";
import type { Region } from "../domain/finding.ts";
import type { DeliveryState, NoticeEvent, NoticeFacts } from "../domain/notices.ts";
import type { Policy } from "../domain/policy.ts";
import type { OrderPriority, PatientClass, SeriesChoice, Skipped, StudyHeader } from "../domain/study.ts";
import type { WorkitemState } from "../domain/workitem.ts";
import type {
  AnalysisState,
  Feedback,
  FindingSummary,
  PriorityOverride,
  ReadingState,
  Tier,
} from "../domain/worklist.ts";

type Instant = ColumnType<Date, Date | string, Date | string>;
type GeneratedInstant = ColumnType<Date, Date | string | undefined, Date | string>;
type OptionalInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** JSON is read as a value and written as text. */
type OptionalJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type DefaultedJson<T> = ColumnType<T, string | undefined, string>;

/** One received SOP Instance. Written once, after its bytes are on disk; never changed. */
export interface InstanceTable {
  sop_instance_uid: string;
  study_instance_uid: string;
  series_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  /** SHA-256 of the bytes as they came, hex. */
  digest: string;
  byte_length: number;
  /** Where the object store keeps the bytes. */
  object_key: string;
  /** The instance's header, as `parseHeader` gave it. */
  header: JSONColumnType<object>;
  received_at: GeneratedInstant;
}

/** One Study: a row of the worklist, and the state of its analysis. */
export interface StudyTable {
  study_instance_uid: string;
  header: JSONColumnType<StudyHeader>;
  patient_class: ColumnType<PatientClass, PatientClass | undefined, PatientClass>;
  arrived_at: GeneratedInstant;
  last_instance_at: GeneratedInstant;
  instance_count: number;
  analysis: ColumnType<AnalysisState, AnalysisState | undefined, AnalysisState>;
  analysis_reason: Generated<string>;
  skipped_count: Generated<number>;
  finding: OptionalJson<FindingSummary>;
  series: DefaultedJson<readonly SeriesChoice[]>;
  skipped: DefaultedJson<readonly Skipped[]>;
  timing: OptionalJson<StudyTiming>;
  reading: ColumnType<ReadingState, ReadingState | undefined, ReadingState>;
  reader: string | null;
  claimed_at: OptionalInstant;
  /** When the holder was last at the study. */
  claim_renewed_at: OptionalInstant;
  read_at: OptionalInstant;
  feedback: OptionalJson<Feedback>;
  /** Short texts of its first instance's top level: tag as 8 hex digits → value. A policy may look at any. */
  attributes: DefaultedJson<Readonly<Record<string, string>>>;
  override: OptionalJson<PriorityOverride>;
  /**
   * Raised by one with every new instance: a score computed from an older revision is thrown away.
   */
  revision: Generated<number>;
}

/** Where the time of the last scoring went. */
export interface StudyTiming {
  readonly readMs: number;
  readonly modelMs: number;
  readonly totalMs: number;
  /** When the study settled and when its finding was stored: ISO 8601. */
  readonly settledAt: string;
  readonly scoredAt: string;
}

/** One slice of the scored series, in position order. Replaced as a whole with every scoring. */
export interface SliceTable {
  study_instance_uid: string;
  index: number;
  sop_instance_uid: string;
  frame: number;
  position_mm: number;
  thickness_mm: number | null;
  rows: number;
  columns: number;
  row_mm: number;
  column_mm: number;
  probability: number;
  saliency_rows: number;
  saliency_columns: number;
  /** float32 little endian, `[saliency_rows, saliency_columns]`. */
  saliency_values: Buffer;
  saliency_peak: number;
  region: JSONColumnType<Region>;
}

/** What was done, by whom. Only ever added to. */
export interface AuditTable {
  id: Generated<number>;
  at: GeneratedInstant;
  /** A reader's name, an AE title, or "FirstRead". */
  who: string;
  what: string;
  study_instance_uid: string | null;
  detail: Generated<string>;
}

/** A model package that was chosen to score. Only ever added to: the last row holds. */
export interface ModelUseTable {
  id: Generated<number>;
  at: GeneratedInstant;
  who: string;
  name: string;
  version: string;
  /** Of the package as a folder: where the data folder keeps it. */
  digest: string;
  /** Where it came from. */
  source: string;
}

/** A policy that began to rank. Only ever added to: the last row holds. */
export interface PolicyUseTable {
  id: Generated<number>;
  at: GeneratedInstant;
  version: string;
  policy: JSONColumnType<Policy>;
}

/** Where a study stood from then on, and why. Only ever added to. */
export interface DecisionTable {
  id: Generated<number>;
  at: GeneratedInstant;
  study_instance_uid: string;
  policy_version: string;
  /** null: the study left the list of the unread. */
  tier: Tier | null;
  reason: string;
  /** Its place at that moment; null with the tier. */
  rank: number | null;
  /** How many studies were unread then. */
  unread: number;
}

/** One message to one channel: the outbox, the delivery log and the dead letters in one. */
export interface DeliveryTable {
  id: Generated<number>;
  /** The same at each attempt: what a receiver knows a repetition by. */
  message_id: Generated<string>;
  channel: string;
  event: NoticeEvent;
  /** null for a test. */
  study_instance_uid: string | null;
  facts: JSONColumnType<NoticeFacts>;
  state: ColumnType<DeliveryState, DeliveryState | undefined, DeliveryState>;
  created_at: GeneratedInstant;
  /** When it is tried next; while it is being sent, when whoever sends it is given up. */
  due_at: GeneratedInstant;
  attempts: Generated<number>;
  last_attempt_at: OptionalInstant;
  last_error: Generated<string>;
  sent_at: OptionalInstant;
}

/** What an order said (HL7), by accession number: also for a study that is still to come. */
export interface PlacedOrderTable {
  accession_number: string;
  order_priority: OrderPriority | null;
  patient_class: PatientClass | null;
  /** The sending application and facility. */
  sender: string;
  control_id: string;
  received_at: GeneratedInstant;
}

/** One Unified Procedure Step: a reading of a study, to be done, under way or ended. */
export interface WorkitemTable {
  /** Derived from the study's UID and the attempt: `workitem_uid()`. */
  workitem_uid: string;
  study_instance_uid: string;
  /** 1 for a study's first reading. */
  attempt: number;
  state: ColumnType<WorkitemState, never, WorkitemState>;
  /** Who claims by DICOM proves by it that the workitem is theirs; null where it was claimed on the page. */
  transaction_uid: string | null;
  performer: string | null;
  /** Why it was canceled, or somebody asks for it; "" otherwise. */
  reason: Generated<string>;
  scheduled_at: GeneratedInstant;
  started_at: OptionalInstant;
  ended_at: OptionalInstant;
  changed_at: GeneratedInstant;
  /** Attributes that a DICOM client has set, in the DICOM JSON model. */
  changes: DefaultedJson<DicomObject>;
}

/** Who is told of what happens to workitems. */
export interface SubscriptionTable {
  /** An AE title. */
  subscriber: string;
  /** A workitem's UID, or the well-known UID of the worklist, or of a filtered one. */
  target: string;
  /** The query of a filtered subscription, as it was asked; "" otherwise. */
  filter: Generated<string>;
  deletion_lock: Generated<boolean>;
  /** Of a worklist: workitems that were scheduled since are not told of; null: all are. */
  suspended_at: OptionalInstant;
  subscribed_at: GeneratedInstant;
}

/** Small facts about the installation that must survive a restart. */
export interface MigrationTable {
  version: number;
  name: string;
  applied_at: Instant;
}

export interface Database {
  instance: InstanceTable;
  study: StudyTable;
  slice: SliceTable;
  audit: AuditTable;
  model_use: ModelUseTable;
  policy_use: PolicyUseTable;
  decision: DecisionTable;
  delivery: DeliveryTable;
  placed_order: PlacedOrderTable;
  workitem: WorkitemTable;
  subscription: SubscriptionTable;
  migration: MigrationTable;
}
