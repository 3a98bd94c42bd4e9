/**
 * @file The worklist as the page and programs read it: whole, or a part of it in reading order; and how a study
 * came to its place.
 */
import type { FastifyInstance } from "fastify";

import type { RankHistory, WorklistPage, WorklistResponse } from "../../domain/api.ts";
import type { ModelReference } from "../../domain/finding.ts";
import { TIERS, type Tier } from "../../domain/worklist.ts";
import { listDecisions } from "../../store/decisions.ts";
import { listWorklist } from "../../store/studies.ts";
import { attributesOf } from "../../triage/policy.ts";
import { ANALYSIS_STATES, READING_STATES, type StudyState } from "../../triage/search.ts";
import { HttpError, notFound } from "../errors.ts";
import { READ_STAYS_MS, type RankingQuery } from "../ranking.ts";
import type { StudyParams } from "./actions.ts";
import type { AppContext } from "./app.ts";

const DEFAULT_LIMIT = 100;
const MOST_ROWS = 10_000;
const LONGEST_TEXT = 200;
const NAMES = ["text", "tier", "state", "suspected", "reader", "offset", "limit"] as const;
const STATES: readonly StudyState[] = [...READING_STATES, ...ANALYSIS_STATES];

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const refuse = (name: string, expected: string, got: string): HttpError =>
  new HttpError(400, "bad-request", `${name}: expected ${expected}, got "${got.slice(0, 60)}".`);

function whole(query: Query, name: string, fallback: number, most: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (typeof text === "string" && /^\d{1,9}$/.test(text) && value <= most) return value;
  throw refuse(name, `a whole number, at most ${most}`, String(text));
}

function listOf<Word extends string>(query: Query, name: string, words: readonly Word[]): Word[] | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  return String(text)
    .split(",")
    .map((part) => {
      const found = words.find((word) => word === part.trim());
      if (found === undefined) throw refuse(name, `a list of ${words.join(", ")}`, part);
      return found;
    });
}

/** @throws HttpError 400 that names what is wrong */
function parseQuery(query: Query): RankingQuery {
  for (const name of Object.keys(query)) {
    if (!(NAMES as readonly string[]).includes(name))
      throw refuse("the query", `one of ${NAMES.join(", ")}`, name);
  }
  const { text, reader, suspected } = query;
  if (text !== undefined && (typeof text !== "string" || text.length > LONGEST_TEXT)) {
    throw refuse("text", `one text of at most ${LONGEST_TEXT} characters`, String(text));
  }
  if (suspected !== undefined && suspected !== "true" && suspected !== "false") {
    throw refuse("suspected", "true or false", String(suspected));
  }
  const tiers = listOf<Tier>(query, "tier", TIERS);
  const states = listOf<StudyState>(query, "state", STATES);
  return {
    ...(text !== undefined && { text }),
    ...(tiers && { tiers }),
    ...(states && { states }),
    ...(suspected !== undefined && { suspected: suspected === "true" }),
    ...(typeof reader === "string" && { reader }),
    offset: whole(query, "offset", 0, 999_999_999),
    limit: whole(query, "limit", DEFAULT_LIMIT, MOST_ROWS),
  };
}

export function addWorklistRoutes(app: FastifyInstance, { db, feed, scorer, policy }: AppContext): void {
  const { ranking, clock } = feed;
  const model = (): ModelReference | null => {
    const { name, version } = scorer()?.model ?? {};
    return name === undefined || version === undefined ? null : { name, version };
  };

  app.get<{ Querystring: Query }>(
    "/api/worklist",
    async ({ query }, reply): Promise<WorklistResponse | WorklistPage> => {
      reply.header("cache-control", "no-store");
      const nowMs = clock.nowMs();
      const about = { now: new Date(nowMs).toISOString(), model: model(), policy: policy.inUse };
      if (Object.keys(query).length === 0) {
        const tags = attributesOf(policy.policy);
        return { ...about, items: await listWorklist(db, new Date(nowMs - READ_STAYS_MS), tags) };
      }
      const wanted = parseQuery(query);
      return { ...about, ...ranking.page(wanted, nowMs), offset: wanted.offset, counts: ranking.counts() };
    },
  );

  app.get<{ Params: StudyParams }>(
    "/api/studies/:studyInstanceUid/rank-history",
    async ({ params }, reply): Promise<RankHistory> => {
      const decisions = await listDecisions(db, params.studyInstanceUid);
      if (decisions.length === 0) throw notFound("The study's history");
      reply.header("cache-control", "no-store");
      return { decisions };
    },
  );
}
