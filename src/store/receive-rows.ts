/**
 * @file The rows of receiving: one statement that stores an instance, counts it and reopens its study.
 *
 * The statement decides the rate of C-STORE, so it is one round trip, prepared, on connections of its own.
 */
import pg from "pg";

import type { StudyHeader } from "../domain/study.ts";

/** What receiving needs of an instance's header; the whole of it is kept as JSON. */
export interface ReceivedHeader extends StudyHeader {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly hasPixelData: boolean;
  /** Short texts of the data set's top level, for the study's row: tag as 8 hex digits → value. */
  readonly attributes: () => Readonly<Record<string, string>>;
}

export interface NewInstance {
  readonly header: ReceivedHeader;
  readonly digest: string;
  readonly byteLength: number;
  readonly objectKey: string;
}

/** The row that stands under an instance's UID. */
export interface KnownInstance {
  readonly digest: string;
  readonly transferSyntaxUid: string;
  readonly objectKey: string;
  readonly studyInstanceUid: string;
}

const STORE = {
  name: "firstread-store-instance",
  text: `WITH arrived AS (
    INSERT INTO instance (sop_instance_uid, study_instance_uid, series_instance_uid, sop_class_uid,
      transfer_syntax_uid, digest, byte_length, object_key, header)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (sop_instance_uid) DO NOTHING
    RETURNING study_instance_uid
  ), touched AS (
    INSERT INTO study AS old (study_instance_uid, header, instance_count, attributes)
    SELECT study_instance_uid, $10, 1, $11 FROM arrived
    ON CONFLICT (study_instance_uid) DO UPDATE SET
      instance_count = old.instance_count + 1,
      last_instance_at = greatest(old.last_instance_at, clock_timestamp()),
      analysis = 'arriving',
      analysis_reason = '',
      revision = old.revision + 1
  )
  SELECT 1 FROM arrived`,
};

const FIND = {
  name: "firstread-find-instance",
  text: `SELECT digest, transfer_syntax_uid, object_key, study_instance_uid
    FROM instance WHERE sop_instance_uid = $1`,
};

const TAKE_BACK = {
  name: "firstread-take-back-instance",
  text: `WITH gone AS (
    DELETE FROM instance WHERE sop_instance_uid = $1 AND object_key = $2 RETURNING study_instance_uid
  )
  UPDATE study SET instance_count = instance_count - 1, revision = revision + 1, analysis = 'arriving'
  FROM gone WHERE study.study_instance_uid = gone.study_instance_uid`,
};

const POOL_SIZE = 4;

/** JSON for a `jsonb` column, which takes neither NUL characters nor halves of surrogate pairs. */
function json(value: object): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\u")) return text; // nothing is escaped by its code: neither can be in it
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.replaceAll("\0", "").toWellFormed() : part,
  );
}

function studyHeader(header: StudyHeader): StudyHeader {
  const { studyInstanceUid, patient, accessionNumber, description, orderPriority, studyAt } = header;
  return { studyInstanceUid, patient, accessionNumber, description, orderPriority, studyAt };
}

/** More studies than arrive at once; past it, attributes are sent again for nothing. */
const MOST_BEGUN = 10_000;

export class ReceiveRows {
  readonly #pool: pg.Pool;
  /** Studies that have a row: their attributes need not be sent with every instance. */
  readonly #begun = new Set<string>();

  constructor(connection: pg.PoolConfig) {
    this.#pool = new pg.Pool({ ...connection, max: POOL_SIZE });
    // A connection that breaks while idle is replaced by the pool; the error belongs to nobody.
    this.#pool.on("error", () => undefined);
  }

  /**
   * Stores the row, counts the instance in its study and reopens the study, in one committed transaction.
   * @returns false, with nothing changed, when the UID is known already.
   */
  async store({ header: received, digest, byteLength, objectKey }: NewInstance): Promise<boolean> {
    const { attributes, ...header } = received;
    const isBegun = this.#begun.has(header.studyInstanceUid);
    const { rowCount } = await this.#pool.query({
      ...STORE,
      values: [
        header.sopInstanceUid,
        header.studyInstanceUid,
        header.seriesInstanceUid,
        header.sopClassUid,
        header.transferSyntaxUid,
        digest,
        byteLength,
        objectKey,
        json(header),
        json(studyHeader(header)),
        isBegun ? "{}" : json(attributes()),
      ],
    });
    if (this.#begun.size >= MOST_BEGUN) this.#begun.clear();
    this.#begun.add(header.studyInstanceUid);
    return rowCount === 1;
  }

  async find(sopInstanceUid: string): Promise<KnownInstance | null> {
    const { rows } = await this.#pool.query<{
      digest: string;
      transfer_syntax_uid: string;
      object_key: string;
      study_instance_uid: string;
    }>({ ...FIND, values: [sopInstanceUid] });
    const row = rows[0];
    return row === undefined
      ? null
      : {
          digest: row.digest,
          transferSyntaxUid: row.transfer_syntax_uid,
          objectKey: row.object_key,
          studyInstanceUid: row.study_instance_uid,
        };
  }

  /**
   * Takes a row back whose bytes are not there: it was never acknowledged, or is lost. The study goes on
   * without the instance, which can be sent again.
   */
  async takeBack(sopInstanceUid: string, objectKey: string): Promise<void> {
    await this.#pool.query({ ...TAKE_BACK, values: [sopInstanceUid, objectKey] });
  }

  /** Points an instance's row from a damaged object to a whole one. */
  async move(sopInstanceUid: string, fromKey: string, { objectKey, byteLength }: NewInstance): Promise<void> {
    await this.#pool.query(
      "UPDATE instance SET object_key = $3, byte_length = $4 WHERE sop_instance_uid = $1 AND object_key = $2",
      [sopInstanceUid, fromKey, objectKey, byteLength],
    );
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
