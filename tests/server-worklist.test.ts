/**
 * @file The ranked list by HTTP: parts of it in reading order, what is refused, and how studies came to their
 * places. Real PostgreSQL, a stand-in for the model.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import type { RankHistory, WorklistPage } from "../src/domain/api.ts";
import { openDatabase } from "../src/store/database.ts";
import { listDecisions, recordDecisions } from "../src/store/decisions.ts";
import {
  getWorklist,
  makeFolder,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

let server: TestServer;
const scorer = new StubScorer();

async function ask(query: string): Promise<WorklistPage> {
  const answer = await fetch(`${server.httpUrl}/api/worklist?${query}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as WorklistPage;
}
const uidsOf = ({ rows }: WorklistPage): string[] => rows.map(({ item }) => item.studyInstanceUid);
const history = async (uid: string): Promise<string[]> => {
  const answer = await fetch(`${server.httpUrl}/api/studies/${uid}/rank-history`);
  const { decisions = [] } = (await answer.json()) as Partial<RankHistory>;
  return decisions.map(({ tier, rank }) => `${tier} ${rank}`);
};
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 20 });

beforeAll(async () => {
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
  for (const [uid, probability] of [
    ["1.2.50", 0.1],
    ["1.2.51", 0.2],
    ["1.2.52", 0.95],
  ] as const) {
    scorer.verdicts.set(uid, { kind: "finding", probability });
    // Until its first place is on record: on a busy machine the finding may come before.
    scorer.hold = () =>
      vi.waitFor(async () => expect(await history(uid)).toHaveLength(1), { timeout: 15_000, interval: 20 });
    await send(server, studyFiles(uid, 1));
    await untilItem(server, uid, (item) => item.analysis === "scored", 30_000);
  }
});
afterAll(async () => server.remove());

describe("GET /api/worklist with a query", () => {
  it("is a part of the list in reading order, with the places in the whole", async () => {
    await eventually(async () => uidsOf(await ask("limit=10"))).toEqual(["1.2.52", "1.2.50", "1.2.51"]);
    const page = await ask("offset=1&limit=1");
    expect(page).toMatchObject({
      total: 3,
      offset: 1,
      counts: { all: 3, unread: 3, waiting: 3, suspected: 1 },
    });
    expect(page.rows).toMatchObject([
      { rank: 2, priority: { tier: "routine" }, item: { studyInstanceUid: "1.2.50" } },
    ]);
    expect(page.policy.version).toMatch(/^default@/);
    expect((await getWorklist(server)).items).toHaveLength(3);
  });

  it("finds by words, tier, state, suspicion and reader", async () => {
    expect(uidsOf(await ask("tier=critical,stat"))).toEqual(["1.2.52"]);
    expect(uidsOf(await ask("suspected=false&state=waiting"))).toEqual(["1.2.50", "1.2.51"]);
    expect(uidsOf(await ask("text=receiving%201.2.51"))).toEqual(["1.2.51"]);
    await post(server, "/api/studies/1.2.51/claim", { reader: "Ann" });
    await eventually(async () => uidsOf(await ask("state=claimed&reader=Ann"))).toEqual(["1.2.51"]);
  });

  it.each([
    ["limit=-1", 'limit: expected a whole number, at most 10000, got "-1".'],
    ["limit=20000", 'limit: expected a whole number, at most 10000, got "20000".'],
    ["tier=high", 'tier: expected a list of critical, stat, urgent, routine, low, got "high".'],
    ["suspected=yes", 'suspected: expected true or false, got "yes".'],
    [
      "sort=name",
      'the query: expected one of text, tier, state, suspected, reader, offset, limit, got "sort".',
    ],
    ["text=a&text=b", 'text: expected one text of at most 200 characters, got "a,b".'],
  ])("refuses %s, and says why", async (query, message) => {
    const answer = await fetch(`${server.httpUrl}/api/worklist?${query}`);
    expect([answer.status, await answer.json()]).toEqual([400, { error: { code: "bad-request", message } }]);
  });
});

describe("a study's way through the list", () => {
  it("is on record: each tier with the place it led to, and when it left", async () => {
    await eventually(() => history("1.2.52")).toEqual(["routine 3", "critical 1"]);
    await post(server, "/api/studies/1.2.52/read", { reader: "Ann" });
    await eventually(() => history("1.2.52")).toEqual(["routine 3", "critical 1", "null null"]);
    await post(server, "/api/studies/1.2.52/reopen", { reader: "Ann" });
    await eventually(() => history("1.2.52")).toEqual(["routine 3", "critical 1", "null null", "critical 1"]);
    expect((await fetch(`${server.httpUrl}/api/studies/9.9/rank-history`)).status).toBe(404);
  });

  it("is written once by processes that rank the same studies", async () => {
    const database = await openDatabase({ embeddedDir: `${await makeFolder()}/postgres` });
    const decision = (tier: "stat" | "critical" | null, seconds: number) => ({
      ...{ studyInstanceUid: "1.2", policyVersion: "p@1", tier, reason: "", rank: 1, unread: 1 },
      at: new Date(1000 * seconds),
    });
    const both = (tier: "stat" | "critical" | null, seconds: number) =>
      Promise.all([1, 2, 3].map((ms) => recordDecisions(database.db, [decision(tier, seconds + ms / 1000)])));
    await both(null, 0);
    await both("stat", 1);
    await both("critical", 2);
    await both(null, 3);
    expect((await listDecisions(database.db, "1.2")).map(({ tier }) => tier)).toEqual([
      "stat",
      "critical",
      null,
    ]);
    await database.close();
  });
});
