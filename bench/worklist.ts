/**
 * @file Benchmark: the ranked list with 100,000 unread studies. Goals: ranking after one change under 5 ms, a
 * filtered page under 20 ms at the 99th percentile, by HTTP of a real server.
 *
 * `node bench/worklist.ts [--studies 100000] [--changes 2000] [--requests 400] [--json]`
 *
 * First the list alone, beside ranking everything again as `rankWorklist` does; then a server of its own with as
 * many rows in its PostgreSQL: from a reader's action to the event, and pages as the list asks for them. Times of
 * the clock: to be read with the machine's load in view.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sql } from "kysely";

import type { WorklistItem } from "../src/domain/worklist.ts";
import { Ranking } from "../src/server/ranking.ts";
import { openDatabase } from "../src/store/database.ts";
import { recordDecisions } from "../src/store/decisions.ts";
import { DEFAULT_POLICY } from "../src/triage/policy.ts";
import { rankWorklist } from "../src/triage/rank.ts";
import { fakeFinding, fakeItem } from "../tests/fixtures/fake-studies.ts";
import { EventReader, post, startTestServer, StubScorer } from "../tests/support/running-server.ts";

const { values } = parseArgs({
  options: {
    studies: { type: "string", default: "100000" },
    changes: { type: "string", default: "2000" },
    requests: { type: "string", default: "400" },
    json: { type: "boolean", default: false },
  },
});
const studies = Number(values.studies);
const changes = Number(values.changes);
const requests = Number(values.requests);

const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] ?? NaN;
const round = (ms: number): number => Number(ms.toPrecision(3));
const summary = (times: readonly number[]) => ({
  median: round(quantile(times, 0.5)),
  p99: round(quantile(times, 0.99)),
  worst: round(Math.max(...times)),
});

/** The clock's milliseconds that a piece of work takes. */
function timed(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

const items = Array.from({ length: studies }, (_, n) => {
  const finding = fakeFinding(((n * 37) % 1000) / 1000);
  return fakeItem(n, (n * 7.3) % 900, { finding });
});
const uidOf = (n: number): string => items[n % studies]?.studyInstanceUid ?? "";

/** The list alone: a finding arrives, and the study's new place is asked for. */
function benchMemory() {
  const nowMs = Date.now();
  const ranking = new Ranking(DEFAULT_POLICY);
  const load = timed(() => ranking.replaceAll(items, DEFAULT_POLICY, nowMs));
  ranking.takeChanges();
  const change: number[] = [];
  const promote: number[] = [];
  for (let i = 0; i < changes; i++) {
    const item = items[(i * 7919) % studies] as WorklistItem;
    const finding = fakeFinding(i % 2 === 0 ? 0.97 : 0.03);
    change.push(
      timed(() => {
        ranking.put({ ...item, finding }, nowMs);
        ranking.rankOf(item.studyInstanceUid, nowMs);
        ranking.takeChanges();
      }),
    );
  }
  for (let second = 1; second <= 300; second++) {
    promote.push(timed(() => ranking.advance(nowMs + 1000 * second)));
    ranking.takeChanges();
  }
  const again = timed(() => rankWorklist(items, DEFAULT_POLICY, nowMs));
  const medianChange = quantile(change, 0.5);
  return {
    loadMs: round(load),
    rankAfterOneChangeMs: summary(change),
    promotionsOfOneSecondMs: summary(promote),
    rankEverythingAgainMs: round(again),
    ratio: Math.round(again / medianChange),
  };
}

/** Rows straight into the table: what a department of that size would have received. */
async function fill(dataDir: string): Promise<void> {
  const database = await openDatabase({ embeddedDir: join(dataDir, "postgres") });
  for (let start = 0; start < studies; start += 2000) {
    const rows = items.slice(start, start + 2000).map(({ finding, arrivedAt, ...item }) => ({
      uid: item.studyInstanceUid,
      header: {
        ...{ studyInstanceUid: item.studyInstanceUid, patient: item.patient, studyAt: item.studyAt },
        ...{ accessionNumber: item.accessionNumber, description: item.description },
        orderPriority: item.orderPriority,
      },
      ...{ finding, at: arrivedAt },
    }));
    await sql`INSERT INTO study (study_instance_uid, header, arrived_at, last_instance_at, instance_count, analysis,
        finding)
      SELECT uid, header, at, at, 32, 'scored', finding
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(uid text, header jsonb, at timestamptz, finding jsonb)
    `.execute(database.db);
  }
  // As it would be of a list that has grown: the places so far are on record.
  const [ranking, at] = [new Ranking(DEFAULT_POLICY), new Date()];
  ranking.replaceAll(items, DEFAULT_POLICY, at.getTime());
  const decisions = ranking.takeChanges().map((change) => ({ ...change, at, policyVersion: "bench" }));
  for (let start = 0; start < decisions.length; start += 2000) {
    await recordDecisions(database.db, decisions.slice(start, start + 2000));
  }
  await database.close();
}

const QUERIES: readonly string[] = [
  "text=meier%20anna",
  "text=A50017",
  "text=stroke&tier=urgent,stat",
  "tier=routine",
  "state=waiting&text=P1",
  "suspected=true&text=silva",
  "text=no%20such%20study",
  "",
];

async function benchServer() {
  const dataDir = await mkdtemp(join(tmpdir(), "firstread-bench-"));
  await chmod(dataDir, 0o755);
  await fill(dataDir);
  const startedMs = performance.now();
  const server = await startTestServer({
    dataDir,
    parts: { openScorer: async () => new StubScorer(), webDir: "/" },
  });
  const startMs = performance.now() - startedMs;
  try {
    const page: number[] = [];
    const byQuery = new Map<string, number[]>();
    for (let i = 0; i < requests; i++) {
      const query = QUERIES[i % QUERIES.length] ?? "";
      const offset = (i * 50) % 1000;
      const askedMs = performance.now();
      const answer = await fetch(`${server.httpUrl}/api/worklist?${query}&offset=${offset}&limit=50`);
      await answer.text();
      if (!answer.ok) throw new Error(`${answer.status} for ${query}`);
      const ms = performance.now() - askedMs;
      page.push(ms);
      byQuery.set(query, [...(byQuery.get(query) ?? []), ms]);
    }
    const events = await EventReader.open(server);
    const event: number[] = [];
    for (let i = 0; i < 40; i++) {
      const uid = uidOf(i * 977);
      const askedAt = Date.now();
      await post(server, `/api/studies/${uid}/claim`, { reader: "Bench" });
      const { receivedAt } = await events.until(
        ({ event: name, data }) =>
          name === "item" && data.studyInstanceUid === uid && data.reading === "claimed",
      );
      event.push(receivedAt - askedAt);
    }
    events.close();
    return {
      startMs: Math.round(startMs),
      filteredPageMs: summary(page),
      filteredPageMedianMs: Object.fromEntries(
        [...byQuery].map(([query, ms]) => [query, round(quantile(ms, 0.5))]),
      ),
      actionToEventMs: summary(event),
    };
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const report = { studies, memory: benchMemory(), server: await benchServer() };
if (values.json) console.log(JSON.stringify(report));
else console.dir(report, { depth: 4 });
