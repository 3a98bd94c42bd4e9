/**
 * @file What orders say of studies, by accession number: kept for studies that are still to come, and written to
 * those that are here, each change with its audit entry.
 */
import { sql, type Kysely } from "kysely";

import type { OrderPriority, PatientClass, StudyHeader } from "../domain/study.ts";
import { addAudit } from "./audit.ts";
import { notifyStudy } from "./notifications.ts";
import type { Database } from "./schema.ts";

/** null members say nothing: what was known stays. */
export interface OrderToPlace {
  readonly accessionNumber: string;
  readonly orderPriority: OrderPriority | null;
  readonly patientClass: PatientClass | null;
  readonly isCancelled: boolean;
}

/** Who sent it, in which message. */
export interface OrderSource {
  readonly sender: string;
  readonly controlId: string;
}

/**
 * Keep a message's orders and write them to the studies that are here, in one transaction. A cancelled order is
 * forgotten; what it said of a study that has come stays, for the study is there to be read.
 * @returns the studies that changed
 */
export async function placeOrders(
  db: Kysely<Database>,
  orders: readonly OrderToPlace[],
  { sender, controlId }: OrderSource,
): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    // In one order for all, so that two messages about the same studies never wait for each other.
    const sorted = [...orders].sort((a, b) => (a.accessionNumber < b.accessionNumber ? -1 : 1));
    for (const { accessionNumber, orderPriority, patientClass, isCancelled } of sorted) {
      if (isCancelled) {
        await trx.deleteFrom("placed_order").where("accession_number", "=", accessionNumber).execute();
        continue;
      }
      await trx
        .insertInto("placed_order")
        .values({
          ...{
            accession_number: accessionNumber,
            order_priority: orderPriority,
            patient_class: patientClass,
          },
          ...{ sender, control_id: controlId },
        })
        .onConflict((on) =>
          on.column("accession_number").doUpdateSet({
            order_priority: sql`coalesce(excluded.order_priority, placed_order.order_priority)`,
            patient_class: sql`coalesce(excluded.patient_class, placed_order.patient_class)`,
            ...{ sender, control_id: controlId, received_at: sql<Date>`now()` },
          }),
        )
        .execute();
    }
    return writeToStudies(
      trx,
      sql<boolean>`o.accession_number = ANY(${sorted.map((o) => o.accessionNumber)})`,
    );
  });
}

/** Write the orders of these studies to them: they came after their orders, or together with them. */
export async function applyOrdersTo(
  db: Kysely<Database>,
  studyInstanceUids: readonly string[],
): Promise<string[]> {
  return db
    .transaction()
    .execute((trx) =>
      writeToStudies(trx, sql<boolean>`s.study_instance_uid = ANY(${[...studyInstanceUids]}::text[])`),
    );
}

/** Write the orders that came in the last seconds again: to studies that were being stored at the same moment. */
export async function applyRecentOrders(db: Kysely<Database>, seconds: number): Promise<string[]> {
  return db
    .transaction()
    .execute((trx) =>
      writeToStudies(trx, sql<boolean>`o.received_at > now() - make_interval(secs => ${seconds})`),
    );
}

interface Change {
  study_instance_uid: string;
  header: StudyHeader;
  patient_class: PatientClass;
  order_priority: OrderPriority | null;
  ordered_class: PatientClass | null;
  sender: string;
  control_id: string;
}

/** Whatever of an order a study does not say yet. A study that was read is history: it stays. */
async function writeToStudies(
  db: Kysely<Database>,
  which: ReturnType<typeof sql<boolean>>,
): Promise<string[]> {
  const { rows } = await sql<Change>`
    SELECT s.study_instance_uid, s.header, s.patient_class,
      o.order_priority, o.patient_class AS ordered_class, o.sender, o.control_id
    FROM placed_order o JOIN study s ON s.header->>'accessionNumber' = o.accession_number
    WHERE ${which} AND s.reading <> 'read' AND (
      o.order_priority <> s.header->>'orderPriority' OR o.patient_class <> s.patient_class)
    ORDER BY s.study_instance_uid
    FOR UPDATE OF s`.execute(db);
  for (const row of rows) {
    const { study_instance_uid: studyInstanceUid, header, order_priority, ordered_class } = row;
    const orderPriority = order_priority ?? header.orderPriority;
    const patientClass = ordered_class ?? row.patient_class;
    await db
      .updateTable("study")
      .set({ header: JSON.stringify({ ...header, orderPriority }), patient_class: patientClass })
      .where("study_instance_uid", "=", studyInstanceUid)
      .execute();
    const changes = [
      orderPriority === header.orderPriority ? "" : `priority ${header.orderPriority} to ${orderPriority}`,
      patientClass === row.patient_class ? "" : `patient class ${row.patient_class} to ${patientClass}`,
    ];
    const detail = `${changes.filter((change) => change !== "").join(", ")} (HL7 message ${row.control_id})`;
    await addAudit(db, { who: row.sender || "HL7", what: "ordered", studyInstanceUid, detail });
    await notifyStudy(db, studyInstanceUid);
  }
  return rows.map((row) => row.study_instance_uid);
}
