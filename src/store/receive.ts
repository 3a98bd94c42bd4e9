/**
 * @file Receiving: an incoming file becomes an object and a row, both durable, or is refused with its reason.
 *
 * The bytes are synced while the row is committed, and the instance is acknowledged after both. A crash in
 * between leaves a file without a row or a row without its bytes; nobody was promised either, and the next
 * start clears them (`receive-recovery.ts`).
 */
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";

import type { Kysely } from "kysely";
import type pg from "pg";

import type { Acceptance, IncomingInstance, InstanceIdentity } from "../domain/incoming.ts";
import { addAudit } from "./audit.ts";
import type { ObjectStore } from "./objects.ts";
import { newObjectKey } from "./objects.ts";
import { StudyAnnouncer } from "./receive-announce.ts";
import type { HeaderParser } from "./receive-header.ts";
import { digestDataSet, readHeader, UnacceptableInstance } from "./receive-header.ts";
import type { KnownInstance, NewInstance } from "./receive-rows.ts";
import { ReceiveRows } from "./receive-rows.ts";
import type { Database } from "./schema.ts";

export interface ReceiverOptions {
  readonly db: Kysely<Database>;
  /** For the receiver's own connections, whose statements stay prepared. */
  readonly connection: pg.PoolConfig;
  readonly objects: ObjectStore;
  readonly parseHeader: HeaderParser;
  /** Told after each commit; the study's watchers are told by NOTIFY besides. Must not throw. */
  readonly onStored?: (studyInstanceUid: string) => void;
}

export interface Receiver {
  /**
   * Takes an incoming file, which is gone afterwards. When it says `stored` or `duplicate`, the instance's
   * bytes and row survive a loss of power.
   * @throws what the disk or the database met; then nothing was promised and nothing is half there.
   */
  receive(incoming: IncomingInstance): Promise<Acceptance>;
  close(): Promise<void>;
}

const identityOf = ({
  studyInstanceUid,
  sopClassUid,
  sopInstanceUid,
}: InstanceIdentity): InstanceIdentity => ({
  studyInstanceUid,
  sopClassUid,
  sopInstanceUid,
});

/** Opens a receiver on a database and an object store. */
export function createReceiver({
  db,
  connection,
  objects,
  parseHeader,
  onStored,
}: ReceiverOptions): Receiver {
  const rows = new ReceiveRows(connection);
  const announcer = new StudyAnnouncer(db);

  async function audit(incoming: IncomingInstance, what: string, study: string | null, detail: string) {
    const who = incoming.source.aeTitle || incoming.source.address || incoming.source.kind;
    await addAudit(db, { who, what, studyInstanceUid: study, detail });
  }

  async function store(incoming: IncomingInstance): Promise<Acceptance> {
    const header = await readHeader(incoming, parseHeader);
    const { digest, byteLength } = incoming.seen ?? (await digestDataSet(createReadStream(incoming.path)));
    const objectKey = newObjectKey(header.studyInstanceUid, digest);
    const instance: NewInstance = { header, digest, byteLength, objectKey };
    const isNew = await storeBoth(incoming, instance);
    if (!isNew) return meetKnown(incoming, instance);
    announcer.announce(header.studyInstanceUid);
    onStored?.(header.studyInstanceUid);
    return { outcome: "stored", identity: identityOf(header) };
  }

  /**
   * Syncs the bytes and commits the row, each while the other waits for the disk. A row whose bytes failed is
   * taken back; one that a crash left alone is found by its missing bytes at the next start.
   * @returns false when the UID is known: then only the object is new.
   */
  async function storeBoth(incoming: IncomingInstance, instance: NewInstance): Promise<boolean> {
    const { objectKey, header } = instance;
    const [put, row] = await Promise.allSettled([
      objects.put(incoming.path, objectKey, incoming.seen?.synced),
      rows.store(instance),
    ]);
    if (put.status === "rejected") {
      await rows.takeBack(header.sopInstanceUid, objectKey);
      await objects.remove(objectKey);
      throw put.reason;
    }
    if (row.status === "rejected") throw row.reason; // it may be committed: the object stays with it
    return row.value;
  }

  /** The UID is known: the same bytes change nothing, others are kept out. */
  async function meetKnown(incoming: IncomingInstance, instance: NewInstance): Promise<Acceptance> {
    const { header, digest, objectKey } = instance;
    const identity = identityOf(header);
    const known = await rows.find(header.sopInstanceUid);
    if (known === null) throw new Error("An instance was removed while it was received again");
    const same = known.digest === digest && known.transferSyntaxUid === header.transferSyntaxUid;
    if (same && !(await isWhole(known))) {
      await rows.move(header.sopInstanceUid, known.objectKey, instance);
      await objects.remove(known.objectKey);
      await audit(incoming, "instance restored", known.studyInstanceUid, "Its kept bytes were damaged.");
      return { outcome: "duplicate", identity };
    }
    await objects.remove(objectKey);
    if (same) return { outcome: "duplicate", identity };
    const reason = "An instance of this SOP Instance UID with other bytes is kept";
    await audit(
      incoming,
      "instance kept out",
      known.studyInstanceUid,
      `${header.sopInstanceUid}: ${reason}.`,
    );
    return { outcome: "conflict", reason, identity };
  }

  /** Whether the kept bytes are what the row says; a sender may hold the only other copy. */
  async function isWhole(known: KnownInstance): Promise<boolean> {
    try {
      const { digest } = await digestDataSet(objects.stream(known.objectKey));
      return digest === known.digest;
    } catch {
      return false;
    }
  }

  return {
    async receive(incoming) {
      try {
        return await store(incoming);
      } catch (error) {
        await rm(incoming.path, { force: true });
        if (!(error instanceof UnacceptableInstance)) throw error;
        await audit(incoming, "instance refused", null, error.message);
        const { fault, message: reason, header } = error;
        return { outcome: "refused", fault, reason, ...(header && { identity: identityOf(header) }) };
      }
    },
    async close() {
      await announcer.close();
      await rows.close();
    },
  };
}
