/**
 * @file The dashboard's figures, and the history behind them as CSV.
 */
import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import type { DashboardResponse } from "../../domain/dashboard.ts";
import { readHistory } from "../../store/history.ts";
import { dashboardFigures, referenceDistributions } from "../dashboard/dashboard.ts";
import { historyCsv } from "../dashboard/history-csv.ts";
import { KeptAnswers } from "../dashboard/kept.ts";
import type { AppContext } from "./app.ts";

const DEFAULT_DAYS = 7;
const MOST_DAYS = 366;
const DAY_MS = 24 * 3_600_000;
/** How old figures may be: a long period costs more, and changes less. */
const keepMs = (days: number): number => (days <= 31 ? 10_000 : 5 * 60_000);
/** What happened long ago changes least. */
const KEEP_REFERENCE_MS = 10 * 60_000;

interface Query {
  readonly days?: string;
}
const QUERY = { type: "object", properties: { days: { type: "string", pattern: "^[1-9][0-9]{0,2}$" } } };

const daysOf = ({ days }: Query): number =>
  Math.min(MOST_DAYS, days === undefined ? DEFAULT_DAYS : Number(days));

export function addDashboardRoutes(app: FastifyInstance, { db }: Pick<AppContext, "db">): void {
  const reference = new KeptAnswers(
    (days: number) => referenceDistributions(db, days),
    () => KEEP_REFERENCE_MS,
  );
  const figures = new KeptAnswers(
    (days: number) => dashboardFigures(db, days, reference.get(days, Date.now())),
    keepMs,
  );

  app.get<{ Querystring: Query }>(
    "/api/dashboard",
    { schema: { querystring: QUERY } },
    async ({ query }, reply): Promise<DashboardResponse> => {
      reply.header("cache-control", "no-store");
      return figures.get(daysOf(query), Date.now());
    },
  );

  app.get<{ Querystring: Query }>(
    "/api/dashboard/history.csv",
    { schema: { querystring: QUERY } },
    async ({ query }, reply) => {
      const from = new Date(Date.now() - (query.days === undefined ? MOST_DAYS : daysOf(query)) * DAY_MS);
      reply.header("cache-control", "no-store");
      reply.header("content-disposition", 'attachment; filename="firstread-history.csv"');
      return reply.type("text/csv; charset=utf-8").send(Readable.from(historyCsv(readHistory(db, from))));
    },
  );
}
