/**
 * @file Receiving into a real database and folder: what is stored, what is kept out, what a crash leaves.
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { IncomingInstance } from "../domain/incoming.ts";
import type { OpenDatabase } from "./database.ts";
import { openDatabase } from "./database.ts";
import { DiskObjectStore, newObjectKey } from "./objects.ts";
import { recoverReceiving } from "./receive-recovery.ts";
import type { ReceivedHeader } from "./receive-rows.ts";
import type { Receiver } from "./receive.ts";
import { createReceiver } from "./receive.ts";

/** A stand-in for DICOM's header: JSON in the first line of the "data set". */
function parseHeader(bytes: Uint8Array): ReceivedHeader {
  const text = Buffer.from(bytes).toString("latin1");
  if (!text.includes("\n")) throw new Error("the file is cut off");
  const said = JSON.parse(text.slice(0, text.indexOf("\n"))) as Omit<ReceivedHeader, "attributes">;
  return { ...said, attributes: () => ({}) };
}

const header = (study: string, instance: string, more: Partial<ReceivedHeader> = {}): ReceivedHeader => ({
  studyInstanceUid: study,
  seriesInstanceUid: `${study}.1`,
  sopInstanceUid: instance,
  sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  transferSyntaxUid: "1.2.840.10008.1.2.1",
  hasPixelData: true,
  patient: { name: "N\0UL", id: "1", sex: "O", age: "" },
  accessionNumber: "",
  description: "a \\u0000 that is text",
  orderPriority: "routine",
  studyAt: null,
  attributes: () => ({}),
  ...more,
});

let root: string;
let incomingDir: string;
let database: OpenDatabase;
let objects: DiskObjectStore;
let receiver: Receiver;
let stored: string[];
let study: string;
let counter = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "firstread-receive-"));
  await chmod(root, 0o755);
  incomingDir = join(root, "incoming");
  await mkdir(incomingDir);
  database = await openDatabase({ embeddedDir: join(root, "database") });
  objects = await DiskObjectStore.open(join(root, "objects"));
  receiver = createReceiver({ ...database, objects, parseHeader, onStored: (uid) => stored.push(uid) });
});
afterAll(async () => {
  await receiver.close();
  await database.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  stored = [];
  counter += 1;
  study = `1.2.${counter}`;
});

async function incoming(
  of: ReceivedHeader,
  pixels = "pixels",
  more: Partial<IncomingInstance> = {},
): Promise<IncomingInstance & { text: string }> {
  const path = join(incomingDir, `${Math.random()}.incoming`);
  const text = `${JSON.stringify(of)}\n${pixels}`;
  await writeFile(path, text);
  return {
    path,
    text,
    transferSyntaxUid: of.transferSyntaxUid,
    sopClassUid: of.sopClassUid,
    sopInstanceUid: of.sopInstanceUid,
    source: { kind: "dimse", aeTitle: "CT1", address: "10.0.0.1" },
    priority: "medium",
    ...more,
  };
}

const rowOf = (uid: string) =>
  database.db.selectFrom("instance").selectAll().where("sop_instance_uid", "=", uid).executeTakeFirst();
const studyOf = (uid: string) =>
  database.db.selectFrom("study").selectAll().where("study_instance_uid", "=", uid).executeTakeFirst();
const auditOf = (what: string) =>
  database.db.selectFrom("audit").selectAll().where("what", "=", what).orderBy("id").execute();
const textOf = async (key: string) => Buffer.from(await objects.bytes(key)).toString();

describe("receiving", () => {
  it("stores the bytes and the row, counts, and tells", async () => {
    const first = await incoming(header(study, `${study}.8.1`));
    expect(await receiver.receive(first)).toEqual({
      outcome: "stored",
      identity: { studyInstanceUid: study, sopClassUid: first.sopClassUid, sopInstanceUid: `${study}.8.1` },
    });
    await receiver.receive(await incoming(header(study, `${study}.8.2`)));
    const row = await rowOf(`${study}.8.1`);
    expect(row).toMatchObject({
      study_instance_uid: study,
      series_instance_uid: `${study}.1`,
      byte_length: first.text.length,
      digest: createHash("sha256").update(first.text).digest("hex"),
    });
    expect(await textOf(row?.object_key ?? "")).toBe(first.text);
    const found = await studyOf(study);
    expect(found).toMatchObject({ instance_count: 2, analysis: "arriving", revision: 2, reading: "waiting" });
    expect(found?.header).toMatchObject({ description: "a \\u0000 that is text", patient: { name: "NUL" } });
    expect(stored).toEqual([study, study]);
    expect(await readdir(incomingDir)).toEqual([]);
  });

  it("reopens a study that was scored, and leaves its reader alone", async () => {
    await receiver.receive(await incoming(header(study, `${study}.8.1`)));
    await database.db
      .updateTable("study")
      .set({ analysis: "scored", reading: "claimed", reader: "Ann" })
      .where("study_instance_uid", "=", study)
      .execute();
    await receiver.receive(await incoming(header(study, `${study}.8.2`)));
    expect(await studyOf(study)).toMatchObject({ analysis: "arriving", reading: "claimed", reader: "Ann" });
  });

  it("changes nothing for a duplicate, and keeps out other bytes", async () => {
    const uid = `${study}.8.1`;
    await receiver.receive(await incoming(header(study, uid)));
    await database.db
      .updateTable("study")
      .set({ analysis: "scored" })
      .where("study_instance_uid", "=", study)
      .execute();
    const before = await rowOf(uid);
    expect(await receiver.receive(await incoming(header(study, uid)))).toMatchObject({
      outcome: "duplicate",
    });
    expect(await receiver.receive(await incoming(header(study, uid), "others"))).toMatchObject({
      outcome: "conflict",
      identity: { sopInstanceUid: uid },
    });
    const syntax = { transferSyntaxUid: "1.2.840.10008.1.2" };
    const relabelled = await incoming(header(study, uid));
    await writeFile(relabelled.path, relabelled.text.replace("1.2.840.10008.1.2.1", "1.2.840.10008.1.2"));
    expect(await receiver.receive({ ...relabelled, ...syntax })).toMatchObject({ outcome: "conflict" });
    expect(await rowOf(uid)).toEqual(before);
    expect(await studyOf(study)).toMatchObject({ instance_count: 1, analysis: "scored", revision: 1 });
    expect((await auditOf("instance kept out")).map(({ who, study_instance_uid: of }) => [who, of])).toEqual([
      ["CT1", study],
      ["CT1", study],
    ]);
    const keys: string[] = [];
    for await (const { key } of objects.list()) keys.push(key);
    expect(keys.filter((key) => key.startsWith(newObjectKey(study, "0".repeat(64)).slice(0, 35)))).toEqual([
      before?.object_key,
    ]);
  });

  it("takes one of many that race with the same UID", async () => {
    const uid = `${study}.8.1`;
    const racing = await Promise.all(
      Array.from({ length: 8 }, (_, index) => incoming(header(study, uid), index % 2 === 0 ? "even" : "odd")),
    );
    const outcomes = (await Promise.all(racing.map((one) => receiver.receive(one)))).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes.toSorted()).toEqual([
      ...Array<string>(4).fill("conflict"),
      ...Array<string>(3).fill("duplicate"),
      "stored",
    ]);
    const row = await rowOf(uid);
    const digest = createHash("sha256")
      .update(await textOf(row?.object_key ?? ""))
      .digest("hex");
    expect(digest).toBe(row?.digest);
  });

  it("mends damaged bytes when they come again", async () => {
    const uid = `${study}.8.1`;
    const one = await incoming(header(study, uid));
    await receiver.receive(one);
    const key = (await rowOf(uid))?.object_key ?? "";
    await truncate(join(root, "objects", key), 10);
    expect(await receiver.receive(await incoming(header(study, uid)))).toMatchObject({
      outcome: "duplicate",
    });
    expect(await textOf((await rowOf(uid))?.object_key ?? "")).toBe(one.text);
    expect((await auditOf("instance restored")).at(-1)?.study_instance_uid).toBe(study);
  });

  it("refuses what it cannot read, and what is not what it was said to be", async () => {
    const cut = await incoming(header(study, `${study}.8.1`));
    await truncate(cut.path, 20);
    expect(await receiver.receive(cut)).toEqual({
      outcome: "refused",
      fault: "unreadable",
      reason: "the file is cut off",
    });
    const others = { sopInstanceUid: "9.9", sopClassUid: "9.8", studyInstanceUid: "9.7" };
    for (const [name, value] of Object.entries(others)) {
      const one = await incoming(header(study, `${study}.8.1`), "pixels", { [name]: value });
      expect(await receiver.receive(one)).toMatchObject({ outcome: "refused", fault: "mismatch" });
    }
    for (const wrong of ["", "x".repeat(65), "1.2\n", "1\0"]) {
      const one = await incoming(header(study, wrong), "pixels", { sopInstanceUid: "" });
      expect(await receiver.receive(one)).toMatchObject({ outcome: "refused", fault: "unreadable" });
    }
    expect(await studyOf(study)).toBeUndefined();
    expect(await readdir(incomingDir)).toEqual([]);
    expect((await auditOf("instance refused")).length).toBe(8);
  });

  it("takes the row back when the bytes cannot be kept", async () => {
    const broken = Object.create(objects) as DiskObjectStore;
    broken.put = async () => {
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    broken.remove = async (key) => objects.remove(key);
    const other = createReceiver({ ...database, objects: broken, parseHeader });
    await receiver.receive(await incoming(header(study, `${study}.8.1`)));
    await expect(other.receive(await incoming(header(study, `${study}.8.2`)))).rejects.toThrow(
      "no space left",
    );
    expect(await rowOf(`${study}.8.2`)).toBeUndefined();
    expect(await studyOf(study)).toMatchObject({ instance_count: 1 });
    expect(await receiver.receive(await incoming(header(study, `${study}.8.2`)))).toMatchObject({
      outcome: "stored",
    });
    await other.close();
  });
});

describe("recovery", () => {
  it("removes what was never acknowledged, and takes back rows without whole bytes", async () => {
    const names = ["missing", "short", "changed", "whole"];
    for (const [index] of names.entries()) {
      await receiver.receive(await incoming(header(study, `${study}.8.${index}`)));
    }
    const keys = await Promise.all(
      names.map(async (_, index) => (await rowOf(`${study}.8.${index}`))?.object_key ?? ""),
    );
    await rm(join(root, "objects", keys[0] ?? ""));
    await truncate(join(root, "objects", keys[1] ?? ""), 3);
    const text = await textOf(keys[2] ?? "");
    await writeFile(join(root, "objects", keys[2] ?? ""), text.replace("pixels", "pixelz"));
    const orphan = newObjectKey(study, "ab".repeat(32));
    const leftover = await incoming(header(study, "1"));
    const nearly = await incoming(header(study, "2"));
    await objects.put(nearly.path, orphan);

    const report = await recoverReceiving({ db: database.db, objects, incomingDir });
    expect(report).toMatchObject({ leftovers: 1, orphans: 1 });
    expect(report.damaged.toSorted()).toEqual([0, 1, 2].map((index) => `${study}.8.${index}`));
    expect(await objects.size(orphan)).toBeNull();
    expect(await readdir(incomingDir)).not.toContain(leftover.path);
    expect(await rowOf(`${study}.8.3`)).toBeDefined();
    expect(await studyOf(study)).toMatchObject({ instance_count: 1, analysis: "arriving" });
    expect(await auditOf("instance taken back")).toHaveLength(3);
    expect(await recoverReceiving({ db: database.db, objects, incomingDir })).toEqual({
      leftovers: 0,
      orphans: 0,
      damaged: [],
    });
    expect(await receiver.receive(await incoming(header(study, `${study}.8.0`)))).toMatchObject({
      outcome: "stored",
    });
  });
});

describe("object keys", () => {
  it("are never what the wire said", () => {
    expect(newObjectKey("../../etc/passwd", "ab".repeat(32))).toMatch(
      /^[0-9a-f]{2}\/[0-9a-f]{32}\/[0-9a-f]{32}-[0-9a-f]{16}\.dcm$/,
    );
  });

  it.each(["../x", "/etc/passwd", "ab/cd/ef.dcm", ""])("refuse %j", async (key) => {
    await expect(objects.bytes(key)).rejects.toThrow(RangeError);
    await expect(objects.remove(key)).rejects.toThrow(RangeError);
  });
});
