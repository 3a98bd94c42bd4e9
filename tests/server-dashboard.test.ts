/**
 * @file The dashboard's figures from a real database, and the way from a server's history to its simulation.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { configure } from "../src/cli/commands/simulate.ts";
import { commandRunner } from "../src/cli/test-command.ts";
import type { DashboardResponse } from "../src/domain/dashboard.ts";
import { addDashboardRoutes } from "../src/server/http/dashboard.ts";
import { openDatabase } from "../src/store/database.ts";
import { insertHistory } from "./support/made-up-history.ts";
import {
  makeFolder,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
} from "./support/running-server.ts";

type OpenDatabase = Awaited<ReturnType<typeof openDatabase>>;
const run = commandRunner();

describe("the dashboard's routes", () => {
  const app = fastify();
  let folder = "";
  let database: OpenDatabase;
  beforeAll(async () => {
    folder = await makeFolder();
    database = await openDatabase({ embeddedDir: join(folder, "postgres") });
    const { db } = database;
    // 200 studies in the last six days; before, 300 of another manufacturer.
    await insertHistory(db, { count: 200, overDays: 6 });
    await insertHistory(db, {
      count: 300,
      overDays: 60,
      untilDaysAgo: 10,
      manufacturer: "OTHER",
      uidRoot: "2.25.8",
    });
    addDashboardRoutes(app, database);
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const figures = async (days: number): Promise<DashboardResponse> =>
    (await app.inject(`/api/dashboard?days=${days}`)).json<DashboardResponse>();

  it("counts turnaround by finding, tier and hour", async () => {
    const { all, flagged, unflagged, tiers, hours } = await figures(7);
    expect(flagged).toMatchObject({ arrived: 20, opened: 20, read: 20 });
    expect(flagged.toOpenMin).toEqual({ median: 10, p95: 10, worst: 10 });
    expect(unflagged.toReadMin?.median).toBe(50);
    expect(all.arrived).toBe(200);
    expect(tiers.map(({ tier, arrived }) => [tier, arrived])).toEqual([
      ["critical", 20],
      ["routine", 180],
    ]);
    expect(hours).toHaveLength(24);
    expect(hours.reduce((sum, { arrived }) => sum + arrived, 0)).toBe(200);
  });

  it("has the last tier before the opening, where decisions were kept", async () => {
    const { db } = database;
    const row = await db
      .selectFrom("study")
      .select(["study_instance_uid", "arrived_at"])
      .where("study_instance_uid", "=", "2.25.7.1")
      .executeTakeFirstOrThrow();
    const decide = async (minutes: number, tier: "urgent" | "stat" | null): Promise<void> => {
      await db
        .insertInto("decision")
        .values({
          study_instance_uid: row.study_instance_uid,
          at: new Date(row.arrived_at.getTime() + minutes * 60_000),
          policy_version: "test",
          tier,
          reason: "",
          rank: tier === null ? null : 1,
          unread: 1,
        })
        .execute();
    };
    await decide(0, "urgent");
    await decide(39, "stat");
    await decide(40, null);
    const { tiers } = await figures(8);
    expect(tiers.map(({ tier, arrived }) => [tier, arrived])).toEqual([
      ["critical", 20],
      ["stat", 1],
      ["routine", 179],
    ]);
  });

  it("counts what readers say, with Wilson's intervals", async () => {
    const { agreement } = await figures(7);
    // Judged: each fifth of 200. Every flagged one of them is a tenth; each twentieth is disagreed with, and flagged.
    expect(agreement.positivePredictive).toMatchObject({ count: 10, of: 20, value: 0.5 });
    expect(agreement.positivePredictive.low).toBeCloseTo(0.2993, 4);
    expect(agreement.negativePredictive).toMatchObject({ count: 20, of: 20, value: 1 });
    expect(agreement.agreeing).toMatchObject({ count: 30, of: 40 });
  });

  it("sees another manufacturer, and no change where there is none", async () => {
    const { drift } = await figures(7);
    const of = (name: string) => drift.find((one) => one.name === name);
    expect(of("manufacturer")).toMatchObject({ verdict: "changed", referenceCount: 300, currentCount: 200 });
    expect(of("kernel")?.verdict).toBe("steady");
    expect(of("score")?.verdict).toBe("steady");
    expect(of("thickness")?.bins).toEqual([{ value: "5.0", reference: 300, current: 200 }]);
  });

  it("measures the stages", async () => {
    const { stages, queue } = await figures(7);
    expect(stages.map(({ stage, count, medianMs }) => [stage, count, medianMs])).toEqual([
      ["receive", 200, 20_000],
      ["settle", 200, expect.closeTo(10_000, -1)],
      ["score", 200, 3000],
      ["model", 200, 2000],
      ["notify", 0, null],
      ["finding", 200, expect.closeTo(33_000, -1)],
    ]);
    expect(queue).toMatchObject({ waiting: 0, oldestWaitMin: null });
  });

  it("says nothing of a period without studies, and refuses one that is none", async () => {
    const empty = await app.inject("/api/dashboard?days=0");
    expect(empty.statusCode).toBe(400);
  });

  it("exports every study once, without a name or a UID, and the export can be replayed", async () => {
    const { body, headers } = await app.inject("/api/dashboard/history.csv");
    expect(headers["content-type"]).toContain("text/csv");
    const lines = body.trim().split("\n");
    expect(lines).toHaveLength(501);
    expect(body).not.toMatch(/Made|2\.25\./);
    const log = join(folder, "history.csv");
    await writeFile(log, body);
    const { out } = await run(configure, "--log", log, "--json");
    const replayed = JSON.parse(out.join("")) as {
      studies: number;
      groups: { group: string; logged: unknown }[];
    };
    expect(replayed.studies).toBe(500);
    expect(replayed.groups.find(({ group }) => group === "aiPositive")?.logged).toMatchObject({
      count: 50,
      meanMin: 10,
    });
  });
});

it("a running server shows, measures, exports and replays what was read", async () => {
  const scorer = new StubScorer();
  scorer.verdicts.set("1.2.31", { kind: "finding", probability: 0.9 });
  const server = await startTestServer({ parts: { openScorer: async () => scorer } });
  try {
    for (const uid of ["1.2.30", "1.2.31"]) {
      await send(server, studyFiles(uid, 2));
      await untilItem(server, uid, (row) => row.analysis === "scored");
    }
    await post(server, "/api/studies/1.2.31/claim", { reader: "Ann" });
    await post(server, "/api/studies/1.2.31/feedback", { reader: "Ann", agrees: true });
    await post(server, "/api/studies/1.2.31/read", { reader: "Ann" });
    const answer = await fetch(`${server.httpUrl}/api/dashboard?days=1`);
    const { all, flagged, queue, agreement, drift } = (await answer.json()) as DashboardResponse;
    expect([all.arrived, flagged.opened, queue.waiting]).toEqual([2, 1, 1]);
    expect(agreement.positivePredictive).toMatchObject({ count: 1, of: 1 });
    expect(drift.every(({ verdict }) => verdict === "few")).toBe(true);

    const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
    expect(metrics).toContain("firstread_receive_seconds_count 4\n");
    expect(metrics).toMatch(/firstread_scoring_seconds_bucket\{le="\+Inf"\} 2\n/);

    const { out } = await run(configure, "--server", server.httpUrl, "--json");
    expect(JSON.parse(out.join(""))).toMatchObject({ studies: 1 });
  } finally {
    await server.remove();
  }
}, 120_000);
