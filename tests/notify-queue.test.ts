/** @file The outbox and its log on a real PostgreSQL: many senders, leases, order, size, and what old letters become. */
import { join } from "node:path";
import { rm } from "node:fs/promises";

import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { StudyEvent } from "../src/domain/notices.ts";
import { backoffSeconds } from "../src/server/notify-sender.ts";
import { TopTierWatch } from "../src/server/top-tier.ts";
import { openDatabase, type OpenDatabase } from "../src/store/database.ts";
import {
  claimDelivery,
  enqueue,
  hastenQueue,
  releaseDelivery,
  settleDelivery,
  type ClaimedDelivery,
  type Subscriber,
} from "../src/store/deliveries.ts";
import { listDeliveries, purgeDeliveries, queueStates, retryDead } from "../src/store/delivery-log.ts";
import { DEFAULT_POLICY } from "../src/triage/policy.ts";
import { makeFolder } from "./support/running-server.ts";

let folder: string;
let database: OpenDatabase;
beforeAll(async () => {
  folder = await makeFolder();
  database = await openDatabase({ embeddedDir: join(folder, "postgres") });
  const header = {
    studyInstanceUid: "",
    patient: {},
    accessionNumber: "",
    description: "",
    orderPriority: "routine",
  };
  await database.db
    .insertInto("study")
    .values(
      ["1.1", "1.2", "1.3"].map((uid) => ({
        ...{ study_instance_uid: uid, instance_count: 1 },
        header: JSON.stringify({ ...header, studyInstanceUid: uid }),
      })),
    )
    .execute();
});
beforeEach(async () => {
  await database.db.deleteFrom("delivery").execute();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const EVERYTHING: readonly StudyEvent[] = ["flagged", "cleared", "failed", "top-tier"];
const to = (...channels: string[]): Subscriber[] =>
  channels.map((channel) => ({ channel, events: EVERYTHING }));
const facts = { finding: null, tier: null, reason: "" };
const write = (uid: string, event: StudyEvent = "flagged", channels = to("a")) =>
  enqueue(database.db, channels, { event, studyInstanceUid: uid, facts });
/** The claimed message; fails the test where there is none. */
async function claim(channel = "a", leaseSeconds = 60): Promise<ClaimedDelivery> {
  const claimed = await claimDelivery(database.db, channel, leaseSeconds);
  if (!("id" in claimed)) throw new Error("Nothing was claimed.");
  return claimed;
}
const nothingTo = async (channel = "a") => {
  const claimed = await claimDelivery(database.db, channel, 60);
  return "id" in claimed ? claimed.event : claimed;
};

describe("the outbox", () => {
  it("writes a row for each channel that is told of the event, and stands or falls with its transaction", async () => {
    const channels: Subscriber[] = [...to("a"), { channel: "b", events: ["failed"] }];
    expect(await write("1.1", "flagged", channels)).toBe(1);
    await database.db
      .transaction()
      .execute(async (trx) => {
        await enqueue(trx, channels, { event: "failed", studyInstanceUid: "1.1", facts });
        throw new Error("rolled back");
      })
      .catch(() => undefined);
    expect(
      (await listDeliveries(database.db, 10, (uid) => uid)).map(({ channel, event }) => [channel, event]),
    ).toEqual([["a", "flagged"]]);
  });

  it("takes the most pressing tier once a study and channel", async () => {
    expect(await write("1.1", "top-tier", to("a", "b"))).toBe(2);
    expect(await write("1.1", "top-tier", to("a", "b", "c"))).toBe(1);
    expect(await write("1.1", "flagged")).toBe(1);
    expect(await write("1.1", "flagged")).toBe(1);
  });

  it("gives each message to one of many senders", async () => {
    for (let i = 0; i < 30; i++) await write("1.1", "flagged", to(`channel-${i % 3}`));
    await sql`UPDATE delivery SET study_instance_uid = NULL`.execute(database.db);
    const ids: number[] = [];
    const sender = async (channel: string): Promise<void> => {
      for (;;) {
        const claimed = await claimDelivery(database.db, channel, 60);
        if (!("id" in claimed)) return;
        ids.push(claimed.id);
      }
    };
    await Promise.all([0, 1, 2, 0, 1, 2, 0, 1, 2].map((n) => sender(`channel-${n}`)));
    expect(ids.length).toBe(30);
    expect(new Set(ids).size).toBe(30);
  });

  it("keeps a study's messages in order and lets other studies' pass", async () => {
    await write("1.1", "flagged");
    await write("1.1", "cleared");
    await write("1.2", "failed");
    const first = await claim();
    expect([first.studyInstanceUid, first.event]).toEqual(["1.1", "flagged"]);
    expect((await claim()).studyInstanceUid).toBe("1.2");
    await settleDelivery(database.db, first, { outcome: "again", afterSeconds: 3600, error: "away" });
    expect(await nothingTo()).toEqual({ nextDueMs: expect.any(Number) as number });
    await hastenQueue(database.db, "a", 0);
    const again = await claim();
    expect([again.messageId, again.attempts]).toEqual([first.messageId, 2]);
    await settleDelivery(database.db, again, { outcome: "sent" });
    expect((await claim()).event).toBe("cleared");
  });

  it("gives a message whose sender died to the next, with its id; the dead one's word comes too late", async () => {
    await write("1.1");
    const lost = await claim("a", 0);
    const taken = await claim();
    expect([taken.messageId, taken.attempts]).toEqual([lost.messageId, 2]);
    await settleDelivery(database.db, lost, { outcome: "dead", error: "late" });
    await settleDelivery(database.db, taken, { outcome: "sent" });
    await settleDelivery(database.db, lost, { outcome: "again", afterSeconds: 0, error: "late" });
    expect(await listDeliveries(database.db, 10, (uid) => uid)).toMatchObject([
      { state: "sent", lastError: "" },
    ]);
  });

  it("counts no attempt that was given back", async () => {
    await write("1.1");
    await releaseDelivery(database.db, await claim());
    expect((await claim()).attempts).toBe(1);
  });

  it("finds what is next behind a hundred thousand that are not, by its indexes", async () => {
    await sql`INSERT INTO delivery (channel, event, study_instance_uid, facts, due_at, state)
      SELECT 'dead', 'flagged', '1.3', '{}'::jsonb, now() + interval '1 hour', 'queued' FROM generate_series(1, 50000)
      UNION ALL
      SELECT 'a', 'flagged', '1.3', '{}'::jsonb, now(), 'sent' FROM generate_series(1, 50000)`.execute(
      database.db,
    );
    await sql`ANALYZE delivery`.execute(database.db);
    await write("1.1");
    expect((await claim()).studyInstanceUid).toBe("1.1");
    const { rows } = await sql<{ "QUERY PLAN": string }>`EXPLAIN SELECT id FROM delivery d
      WHERE channel = 'a' AND state = 'queued' AND due_at <= now() AND NOT EXISTS (SELECT 1 FROM delivery e
        WHERE e.channel = d.channel AND e.study_instance_uid = d.study_instance_uid AND e.state = 'queued' AND e.id < d.id)
      ORDER BY due_at, id LIMIT 1`.execute(database.db);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toContain("delivery_due");
    expect(plan).not.toContain("Seq Scan");
  });
});

describe("the most pressing tier", () => {
  it("is told of a study that only time brought there, once, also when the server starts again", async () => {
    const { db } = database;
    await sql`UPDATE study SET arrived_at = now() - interval '13 hours' WHERE study_instance_uid = '1.2'`.execute(
      db,
    );
    const watch = async (): Promise<void> => {
      const options = { db, log: () => undefined, subscribers: to("a"), policy: () => DEFAULT_POLICY };
      const watching = new TopTierWatch(options);
      await expect
        .poll(async () => (await listDeliveries(db, 10, (uid) => uid)).length, { timeout: 20_000 })
        .toBe(1);
      await watching.close();
    };
    await watch();
    await watch();
    expect(await claim()).toMatchObject({
      ...{ event: "top-tier", studyInstanceUid: "1.2" },
      facts: { tier: "critical", reason: expect.stringContaining("moved up to critical") as string },
    });
    expect(await nothingTo()).toEqual({ nextDueMs: expect.any(Number) as number });
  });
});

describe("the delivery log", () => {
  const fail = async (outcome: "dead" | "again") =>
    settleDelivery(database.db, await claim(), { outcome, afterSeconds: 3600, error: "no answer" });

  it("says since when a channel fails, and no longer once it delivered", async () => {
    await write("1.1");
    await fail("again");
    await write("1.2");
    await fail("dead");
    const states = await queueStates(database.db, ["a", "none"]);
    expect(states.get("a")).toMatchObject({ queued: 1, dead: 1, lastSentAt: null, lastError: "no answer" });
    expect(states.get("a")?.failingSince).toBeInstanceOf(Date);
    expect(states.get("none")).toMatchObject({ queued: 0, dead: 0, failingSince: null, lastError: "" });
    await write("1.3");
    await settleDelivery(database.db, await claim(), { outcome: "sent" });
    expect((await queueStates(database.db, ["a"])).get("a")).toMatchObject({
      failingSince: null,
      lastError: "",
    });
  });

  it("sends dead letters again, but none that says what a later one has taken back", async () => {
    await write("1.1", "flagged");
    await fail("dead");
    await write("1.1", "cleared");
    await settleDelivery(database.db, await claim(), { outcome: "sent" });
    await write("1.2", "flagged");
    await fail("dead");
    expect(await retryDead(database.db, { channel: "a" }, "Dr Kaya")).toEqual({ retried: 1, overtaken: 1 });
    expect(await claim()).toMatchObject({ studyInstanceUid: "1.2", attempts: 1 });
    expect(await retryDead(database.db, { id: 1 }, "Dr Kaya")).toBeNull();
  });

  it("forgets what is old and done, and keeps what waits", async () => {
    for (const uid of ["1.1", "1.2", "1.3"]) await write(uid);
    await settleDelivery(database.db, await claim(), { outcome: "sent" });
    await fail("dead");
    await write("1.1", "flagged", to("no longer configured"));
    expect(await purgeDeliveries(database.db, 1, ["a"])).toBe(0);
    await sql`UPDATE delivery SET created_at = now() - interval '31 days'`.execute(database.db);
    expect(await purgeDeliveries(database.db, 30, ["a"])).toBe(3);
    expect(await listDeliveries(database.db, 10, (uid) => uid)).toMatchObject([{ state: "queued" }]);
  });
});

describe("backoffSeconds", () => {
  it("doubles up to its longest, with chance in its second half", () => {
    const retry = { attempts: 20, firstSeconds: 2, longestSeconds: 900 };
    const longest = [1, 2, 3, 9, 10, 20, 1000].map((n) => backoffSeconds(n, retry, () => 1));
    expect(longest).toEqual([2, 4, 8, 512, 900, 900, 900]);
    expect(backoffSeconds(3, retry, () => 0)).toBe(4);
  });
});
