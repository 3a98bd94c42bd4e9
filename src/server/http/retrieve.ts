/**
 * @file WADO-RS (DICOM PS3.18, 10.4): instances as they came, and QIDO-RS (10.6): what there is, in ranked order.
 */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { QueryLevel } from "../../dicom/query/identifier.ts";
import { element } from "../../dicom/query/json-model.ts";
import type { Matcher } from "../../dicom/query/match.ts";
import { InvalidKey } from "../../dicom/query/match.ts";
import { parseSearchQuery } from "../../dicom/web/search-query.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import type { ObjectStore } from "../../store/objects.ts";
import { listInstances } from "../../store/query-rows.ts";
import { HttpError, notFound } from "../errors.ts";
import { LEVEL_TAGS } from "../query/attributes.ts";
import { findEntities } from "../query/find-studies.ts";
import { readRankedList } from "../ranked-list.ts";
import type { AppContext } from "./app.ts";

const STUDIES = "/dicomweb/studies";
/** More are found page by page. */
const MOST_RESULTS = 1000;

interface Params {
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
}

/** Path → what it searches. */
const SEARCHES: readonly (readonly [string, QueryLevel])[] = [
  [STUDIES, "STUDY"],
  [`${STUDIES}/:study/series`, "SERIES"],
  [`${STUDIES}/:study/instances`, "IMAGE"],
  [`${STUDIES}/:study/series/:series/instances`, "IMAGE"],
];

const RETRIEVALS: readonly string[] = [
  `${STUDIES}/:study`,
  `${STUDIES}/:study/series/:series`,
  `${STUDIES}/:study/series/:series/instances/:instance`,
];

export function addRetrieveRoutes(app: FastifyInstance, { db, policy, objects }: AppContext): void {
  const context = { db, ranked: () => readRankedList(db, policy) };

  for (const [path, level] of SEARCHES) {
    app.get<{ Params: Params }>(path, async (request, reply) => {
      const { query, offset, limit } = searchOf(request, level);
      const ended = new AbortController();
      request.raw.on("close", () => ended.abort());
      const found: DicomObject[] = [];
      let seen = 0;
      for await (const entity of findEntities(context, query, ended.signal)) {
        if (seen++ < offset) continue;
        if (found.length === limit) break;
        found.push({ ...entity, "00081190": element("UR", urlOf(request, level, entity)) });
      }
      if (found.length === 0) return reply.code(204).send();
      reply.type("application/dicom+json").header("cache-control", "no-store");
      return reply.send(JSON.stringify(found));
    });
  }

  for (const path of RETRIEVALS) {
    app.get<{ Params: Params }>(path, async (request, reply) => {
      const { study = "", series = null, instance = null } = request.params;
      requireDicom(request);
      const all = await listInstances(db, study, series);
      const wanted = instance === null ? all : all.filter((row) => row.sopInstanceUid === instance);
      if (wanted.length === 0) throw notFound("What was asked for");
      return sendInstances(
        reply,
        objects,
        wanted.map(({ objectKey }) => objectKey),
      );
    });
  }
}

/** @throws HttpError 400 for a query that cannot be matched by, or not at this level */
function searchOf({ url, params }: FastifyRequest<{ Params: Params }>, level: QueryLevel) {
  try {
    const { filters, offset, limit } = parseSearchQuery(new URL(url, "http://here").searchParams);
    const known = new Set(LEVEL_TAGS[level]);
    const matchers = new Map<string, Matcher>();
    for (const { path, matches } of filters) {
      const [tag = ""] = path;
      if (path.length > 1 || !known.has(tag))
        throw new InvalidKey(`${path.join(".")} is not matched with here`);
      matchers.set(tag, matches);
    }
    const unique = new Map<string, readonly string[]>();
    if (params.study !== undefined) unique.set("0020000D", [params.study]);
    if (params.series !== undefined) unique.set("0020000E", [params.series]);
    return {
      query: { level, matchers, unique },
      offset,
      limit: Math.min(limit ?? MOST_RESULTS, MOST_RESULTS),
    };
  } catch (error) {
    if (error instanceof InvalidKey) throw new HttpError(400, "bad-request", `${error.message}.`);
    throw error;
  }
}

const text = (entity: DicomObject, tag: string): string => {
  const value = entity[tag]?.Value?.[0];
  return typeof value === "string" ? value : "";
};

function urlOf({ host }: FastifyRequest, level: QueryLevel, entity: DicomObject): string {
  const study = `http://${host}${STUDIES}/${text(entity, "0020000D")}`;
  if (level === "STUDY") return study;
  const series = `${study}/series/${text(entity, "0020000E")}`;
  return level === "SERIES" ? series : `${series}/instances/${text(entity, "00080018")}`;
}

/** Instances are given as they came: in their own transfer syntax, as DICOM files. */
function requireDicom({ headers: { accept } }: FastifyRequest): void {
  const isWelcome =
    accept === undefined ||
    accept
      .split(",")
      .some((type) => /\*\/\*|application\/dicom(?!\+)|multipart\/(related|\*)\s*$/.test(type));
  if (isWelcome) return;
  throw new HttpError(
    406,
    "not-acceptable",
    "Expected to be asked for multipart/related of application/dicom.",
  );
}

function sendInstances(reply: FastifyReply, objects: ObjectStore, keys: readonly string[]): FastifyReply {
  const boundary = randomUUID();
  async function* parts(): AsyncGenerator<Buffer> {
    for (const key of keys) {
      yield Buffer.from(`--${boundary}\r\ncontent-type: application/dicom\r\n\r\n`);
      for await (const chunk of objects.stream(key)) yield chunk as Buffer;
      yield Buffer.from("\r\n");
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  return reply
    .type(`multipart/related; type="application/dicom"; boundary=${boundary}`)
    .send(Readable.from(parts(), { objectMode: false }));
}
