/**
 * @file Claims: two readers who grasp at one study at the same moment, claims that end by themselves, and what a
 * reader's own priority does. Real PostgreSQL, several connections to it.
 */
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openDatabase, type OpenDatabase } from "../src/store/database.ts";
import { changeStudy, expireClaims, renewClaim } from "../src/store/readings.ts";
import { listHistory } from "../src/store/studies.ts";
import { READING_RULES } from "../src/server/reading-rules.ts";
import {
  getStudy,
  makeFolder,
  post,
  send,
  startTestServer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

describe("claims in the database", () => {
  let database: OpenDatabase;
  const uid = "1.2.3";
  const EXPIRING = { from: "claimed", to: "waiting" } as const;

  beforeAll(async () => {
    database = await openDatabase({ embeddedDir: join(await makeFolder(), "postgres") });
    await database.db
      .insertInto("study")
      .values({ study_instance_uid: uid, header: "{}", instance_count: 1 })
      .execute();
  });
  afterAll(() => database.close());

  const claim = (reader: string) =>
    changeStudy(database.db, uid, (row, now) => {
      const set = READING_RULES.claim(row, reader, now);
      return set && { set, audit: { who: reader, what: "claimed" } };
    });
  const row = () =>
    database.db
      .selectFrom("study")
      .select(["reading", "reader", "claimed_at"])
      .where("study_instance_uid", "=", uid)
      .executeTakeFirstOrThrow();
  /** As if the claim had been made, or renewed, so long ago. */
  const age = (column: "claimed_at" | "claim_renewed_at", minutes: number) =>
    database.db
      .updateTable("study")
      .set({ [column]: new Date(Date.now() - minutes * 60_000) })
      .execute();
  const free = () =>
    database.db.updateTable("study").set({ reading: "waiting", reader: null, claimed_at: null }).execute();

  it("go to exactly one of many who ask at once, again and again", async () => {
    for (let round = 0; round < 10; round++) {
      await free();
      const readers = Array.from({ length: 8 }, (_, i) => `Reader ${round}.${i}`);
      const answers = await Promise.allSettled(readers.map(claim));
      const winners = readers.filter((_, i) => answers[i]?.status === "fulfilled");
      expect(winners).toEqual([(await row()).reader]);
    }
  });

  it("end when their reader was not at the study for so long, once, whoever looks", async () => {
    await free();
    await claim("Ann");
    expect(await expireClaims(database.db, 30, EXPIRING)).toEqual([]);
    await age("claimed_at", 31);
    const looks = await Promise.all([1, 2, 3].map(() => expireClaims(database.db, 30, EXPIRING)));
    expect(looks.flat()).toEqual([uid]);
    expect(await row()).toEqual({ reading: "waiting", reader: null, claimed_at: null });
    const expired = (await listHistory(database.db, uid)).filter(({ what }) => what === "claim expired");
    expect(expired).toMatchObject([
      { who: "FirstRead", detail: "Ann had it, and was not at it for 30 min." },
    ]);
  });

  it("hold while their reader is at work, and only theirs", async () => {
    await claim("Ann");
    await age("claimed_at", 45);
    expect(await renewClaim(database.db, uid, "Bob", "claimed")).toBe(false);
    expect(await renewClaim(database.db, uid, "Ann", "claimed")).toBe(true);
    expect(await expireClaims(database.db, 30, EXPIRING)).toEqual([]);
    await age("claim_renewed_at", 31);
    expect(await expireClaims(database.db, 30, EXPIRING)).toEqual([uid]);
  });
});

describe("by HTTP", () => {
  let server: TestServer;
  const uid = "1.2.60";

  beforeAll(async () => {
    server = await startTestServer({ config: { worklist: { claimMinutes: 0.02 } } });
    await send(server, studyFiles(uid, 1));
    await untilItem(server, uid, (item) => item.analysis === "scored", 30_000);
  });
  afterAll(async () => server.remove());

  const act = (action: string, body: object) => post(server, `/api/studies/${uid}/${action}`, body);

  it("a claim that nobody renews goes back on the list, and the history says so", async () => {
    await act("claim", { reader: "Ann", reason: "on call" });
    await untilItem(server, uid, (item) => item.reading === "waiting", 30_000);
    const { history } = await getStudy(server, uid);
    expect(history.slice(-2)).toMatchObject([
      { who: "Ann", what: "claimed", detail: "on call" },
      { who: "FirstRead", what: "claim expired" },
    ]);
    expect((await act("renew", { reader: "Ann" })).status).toBe(409);
  });

  it("a reader's own priority takes the place of the order's, with a reason, and can be given back", async () => {
    expect((await act("priority", { reader: "Ann", tier: "stat", reason: " " })).status).toBe(400);
    expect((await act("priority", { reader: "Ann", tier: "highest", reason: "x" })).status).toBe(400);
    expect((await act("priority", { reader: "Ann", tier: "stat", reason: "seizing" })).status).toBe(200);
    const item = await untilItem(server, uid, ({ override }) => override !== null);
    expect(item.override).toMatchObject({ tier: "stat", reader: "Ann", reason: "seizing" });
    await act("priority", { reader: "Bob", tier: null, reason: "" });
    await untilItem(server, uid, ({ override }) => override === null);
    const { history } = await getStudy(server, uid);
    expect(history.slice(-2)).toMatchObject([
      { who: "Ann", what: "priority set", detail: "stat: seizing" },
      { who: "Bob", what: "priority given back" },
    ]);
  });
});
