/**
 * @file UPS-RS at `/dicomweb/workitems` (DICOM PS3.18, chapter 11): search, retrieve, change state, update, cancel.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { InvalidKey } from "../../dicom/query/match.ts";
import { parseDicomJson } from "../../dicom/query/parse-json.ts";
import { parseSearchQuery } from "../../dicom/web/search-query.ts";
import type { DicomObject } from "../../domain/dicom-json.ts";
import { changeWorkitem } from "../../store/workitems.ts";
import { HttpError, notFound } from "../errors.ts";
import { isReader } from "../reading-rules.ts";
import { readRankedList } from "../ranked-list.ts";
import type { Decision } from "../ups/decide.ts";
import { decideCancelRequest, decideState, decideUpdate } from "../ups/decide.ts";
import { findWorkitems, readWorkitem } from "../ups/find-workitems.ts";
import { UpsRefusal, WARNING } from "../ups/refusal.ts";
import type { AppContext } from "./app.ts";

const DICOM_JSON = "application/dicom+json";
const WORKITEMS = "/dicomweb/workitems";
/** Who asks, where the request does not say. */
const ANONYMOUS = "UPS-RS client";
/** More are found page by page. */
const MOST_RESULTS = 1000;

/** Returned by a search that names no field: PS3.4 table CC.2.5-3, what a list shows. */
const USUAL_FIELDS: ReadonlySet<string> = new Set([
  ...["00080005", "00080016", "00080018", "00080056", "00100010", "00100020", "00100030", "00100040"],
  ...["0020000D", "00400400", "00404005", "00404010", "00404018", "00404025", "00404041", "0040A370"],
  ...["00741000", "00741200", "00741202", "00741204", "00090010", "00091001", "00091002"],
]);

interface WorkitemParams {
  readonly workitem: string;
  readonly requester?: string;
}

type WorkitemRequest = FastifyRequest<{ Params: WorkitemParams }>;

export function addUpsRoutes(app: FastifyInstance, { db, policy }: AppContext): void {
  const context = { db, ranked: () => readRankedList(db, policy) };

  app.register(async (scope) => {
    scope.addContentTypeParser(
      DICOM_JSON,
      { parseAs: "string" },
      scope.getDefaultJsonParser("error", "error"),
    );
    scope.setErrorHandler((error, request, reply) => {
      if (error instanceof UpsRefusal) warn(request, reply, error.warning);
      throw error instanceof InvalidKey ? new HttpError(400, "bad-request", `${error.message}.`) : error;
    });

    scope.get(WORKITEMS, async (request, reply) => {
      requireJson(request);
      const query = parseSearchQuery(new URL(request.url, "http://here").searchParams);
      if (query.wantsFuzzy) warn(request, reply, WARNING.fuzzyIgnored);
      const most = Math.min(query.limit ?? MOST_RESULTS, MOST_RESULTS);
      const found: DicomObject[] = [];
      let skipped = 0;
      for await (const entity of findWorkitems(context, query, baseUrl(request))) {
        if (skipped++ < query.offset) continue;
        if (found.length === most) {
          if (query.limit === null || query.limit > MOST_RESULTS) warn(request, reply, WARNING.tooMany);
          break;
        }
        found.push(fieldsOf(entity, query.include));
      }
      return found.length === 0 ? reply.code(204).send() : send(reply, found);
    });

    scope.get<{ Params: WorkitemParams }>(`${WORKITEMS}/:workitem`, async (request, reply) => {
      requireJson(request);
      const found = await readWorkitem(context, request.params.workitem, baseUrl(request));
      if (!found) throw notFound("The workitem");
      return send(reply, [found]);
    });

    /** Decide on the locked workitem, write, and answer with what the client is warned of. */
    const change = async (
      request: WorkitemRequest,
      reply: FastifyReply,
      status: number,
      decide: (...rows: Parameters<Parameters<typeof changeWorkitem>[2]>) => Decision,
    ) => {
      let warning: Decision["warning"] = null;
      const found = await changeWorkitem(db, request.params.workitem, (...rows) => {
        const decision = decide(...rows);
        warning = decision.warning;
        return decision.change;
      });
      if (!found) throw notFound("The workitem");
      if (warning !== null) warn(request, reply, warning);
      return reply
        .code(status)
        .header("content-location", `${baseUrl(request)}/workitems/${found.workitem_uid}`)
        .send();
    };

    for (const path of ["state", "state/:requester"]) {
      scope.put<{ Params: WorkitemParams }>(`${WORKITEMS}/:workitem/${path}`, async (request, reply) => {
        const body = parseDicomJson(request.body);
        const who = requesterOf(request);
        return change(request, reply, 200, (workitem, study) => decideState(workitem, study, body, who));
      });
    }

    for (const path of ["cancelrequest", "cancelrequest/:requester"]) {
      scope.post<{ Params: WorkitemParams }>(`${WORKITEMS}/:workitem/${path}`, async (request, reply) => {
        const body = request.body === undefined ? {} : parseDicomJson(request.body);
        const who = requesterOf(request);
        return change(request, reply, 202, (workitem) => decideCancelRequest(workitem, body, who));
      });
    }

    scope.post<{ Params: WorkitemParams }>(`${WORKITEMS}/:workitem`, async (request, reply) => {
      const body = parseDicomJson(request.body);
      const parameters = new URL(request.url, "http://here").searchParams;
      const transaction = parameters.get("transaction-uid") ?? parameters.get("transaction") ?? "";
      const who = requesterOf(request);
      return change(request, reply, 200, (workitem) => decideUpdate(workitem, body, { transaction, who }));
    });

    scope.post(WORKITEMS, async (_request, reply) => {
      reply.header("allow", "GET");
      throw new HttpError(405, "not-allowed", "Workitems are made here, one for each study that arrives.");
    });
  });
}

const send = (reply: FastifyReply, objects: readonly DicomObject[]): FastifyReply =>
  reply.type(DICOM_JSON).header("cache-control", "no-store").send(JSON.stringify(objects));

const baseUrl = (request: FastifyRequest): string => `http://${request.host}/dicomweb`;

function warn(request: FastifyRequest, reply: FastifyReply, text: string): void {
  reply.header("warning", `299 ${baseUrl(request)}: ${text}`);
}

function requireJson({ headers: { accept } }: FastifyRequest): void {
  if (accept === undefined || /\*\/\*|application\/(\*|dicom\+json|json)/.test(accept)) return;
  throw new HttpError(
    406,
    "not-acceptable",
    `Expected to be asked for ${DICOM_JSON}, got "${accept.slice(0, 80)}".`,
  );
}

/** @throws HttpError 400 for a name that cannot be a reader's */
function requesterOf({ params }: WorkitemRequest): string {
  const name = (params.requester ?? ANONYMOUS).trim();
  if (isReader(name)) return name;
  throw new HttpError(
    400,
    "bad-request",
    "The requester: expected 1 to 64 characters, none of them a control character.",
  );
}

function fieldsOf(entity: DicomObject, include: ReadonlySet<string> | null): DicomObject {
  if (include === null) return entity;
  return Object.fromEntries(
    Object.entries(entity).filter(([tag]) => USUAL_FIELDS.has(tag) || include.has(tag)),
  );
}
