/**
 * @file The dashboard with 100,000 studies: how long its figures take when none are kept, and its route.
 *
 * `node bench/dashboard.ts`
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import fastify from "fastify";
import { sql } from "kysely";

import { addDashboardRoutes } from "../src/server/http/dashboard.ts";
import { openDatabase } from "../src/store/database.ts";
import { dashboardFigures, referenceDistributions } from "../src/server/dashboard/dashboard.ts";
import { readHistory } from "../src/store/history.ts";
import { insertHistory } from "../tests/support/made-up-history.ts";
import { makeFolder } from "../tests/support/running-server.ts";

const STUDIES = 100_000;
const OVER_DAYS = 365;
const ROUNDS = 20;
const REQUESTS = 200;

const folder = await makeFolder();
const database = await openDatabase({ embeddedDir: join(folder, "postgres") });
try {
  const { db } = database;
  await insertHistory(db, { count: STUDIES, overDays: OVER_DAYS });
  await sql`VACUUM ANALYZE study`.execute(db);
  for (const days of [1, 7, 30, 365]) {
    const took: number[] = [];
    const referenceMs = performance.now();
    const reference = referenceDistributions(db, days);
    await reference;
    console.log(`reference before ${days} days: ${(performance.now() - referenceMs).toFixed(0)} ms`);
    let arrived = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const startedMs = performance.now();
      arrived = (await dashboardFigures(db, days, reference)).all.arrived;
      took.push(performance.now() - startedMs);
    }
    took.sort((a, b) => a - b);
    const at = (q: number): string => `${(took[Math.floor(q * (ROUNDS - 1))] ?? 0).toFixed(0)} ms`;
    console.log(
      `figures of ${days} days (${arrived} of ${STUDIES} studies): median ${at(0.5)}, p95 ${at(0.95)}`,
    );
  }
  const app = fastify();
  addDashboardRoutes(app, { db });
  const asked: number[] = [];
  for (let request = 0; request < REQUESTS; request++) {
    const askedMs = performance.now();
    await app.inject("/api/dashboard?days=7");
    asked.push(performance.now() - askedMs);
  }
  await app.close();
  asked.sort((a, b) => a - b);
  const worst = asked.at(-1) ?? 0;
  console.log(
    `route, 7 days, ${REQUESTS} requests one after the other: p95 ${(asked[Math.floor(0.95 * REQUESTS)] ?? 0).toFixed(1)} ms, ` +
      `worst (not kept) ${worst.toFixed(0)} ms`,
  );
  const startedMs = performance.now();
  let lines = 0;
  for await (const page of readHistory(db, new Date(0))) lines += page.length;
  console.log(`history of ${lines} studies: ${(performance.now() - startedMs).toFixed(0)} ms`);
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true });
}
