/**
 * @file What the page reads of one study: its detail, its pixels and its saliency.
 */
import type { FastifyInstance } from "fastify";

import type { MethodSaliencyResponse, SaliencyResponse, StudyDetail } from "../../domain/api.ts";
import type { Saliency } from "../../domain/finding.ts";
import { findSaliency, findSliceSource, findStudy, listHistory, listSlices } from "../../store/studies.ts";
import { attributesOf } from "../../triage/policy.ts";
import { notFound } from "../errors.ts";
import { saliencyBy } from "./saliency-by.ts";
import type { StudyParams } from "./actions.ts";
import type { AppContext } from "./app.ts";

/** Saliency values are shown in 256 colours: four decimals are plenty. */
const DECIMALS = 10_000;

const toResponse = (saliency: Saliency): SaliencyResponse => ({
  ...saliency,
  values: Array.from(saliency.values, (value) => Math.round(value * DECIMALS) / DECIMALS),
});

interface SliceParams extends StudyParams {
  readonly index: string;
}

function sliceIndex(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw notFound(`Slice "${text.slice(0, 20)}"`);
  return Number(text);
}

export function addStudyRoutes(app: FastifyInstance, context: AppContext): void {
  const { db, pixels, scorer, policy } = context;

  app.get<{ Params: StudyParams }>(
    "/api/studies/:studyInstanceUid",
    async ({ params }, reply): Promise<StudyDetail> => {
      const uid = params.studyInstanceUid;
      const study = await findStudy(db, uid, attributesOf(policy.policy));
      if (!study) throw notFound("The study");
      const { item, series, skipped } = study;
      const [slices, history] = await Promise.all([listSlices(db, uid), listHistory(db, uid)]);
      reply.header("cache-control", "no-store");
      const active = scorer();
      const isItsModel =
        item.finding?.model.name === active?.model.name &&
        item.finding?.model.version === active?.model.version;
      const saliencyReferencePeak = isItsModel ? (active?.saliencyReferencePeak ?? null) : null;
      const saliencyMethod = isItsModel ? (active?.saliencyMethod ?? null) : null;
      const saliencyMethods = isItsModel ? (active?.saliencyMethods ?? []) : [];
      return {
        ...{ item, series, slices, skipped, history },
        ...{ saliencyReferencePeak, saliencyMethod, saliencyMethods },
      };
    },
  );

  // The same address may show another instance after a late one was scored: always asked, rarely sent.
  app.get<{ Params: SliceParams }>(
    "/api/studies/:studyInstanceUid/slices/:index/pixels",
    async ({ params, headers }, reply) => {
      const index = sliceIndex(params.index);
      const source = await findSliceSource(db, params.studyInstanceUid, index);
      if (!source) throw notFound(`Slice ${index} of the study`);
      const tag = `"${source.digest}-${source.frame}"`;
      reply.header("etag", tag).header("cache-control", "private, no-cache");
      if (headers["if-none-match"] === tag) return reply.code(304).send();
      const { hu } = await pixels.slice(source);
      return reply
        .type("application/octet-stream")
        .send(Buffer.from(hu.buffer, hu.byteOffset, hu.byteLength));
    },
  );

  app.get<{ Params: SliceParams; Querystring: { readonly method?: string } }>(
    "/api/studies/:studyInstanceUid/slices/:index/saliency",
    async ({ params, query }, reply): Promise<SaliencyResponse | MethodSaliencyResponse> => {
      const index = sliceIndex(params.index);
      if (query.method !== undefined) {
        const made = await saliencyBy(context, query.method, params.studyInstanceUid, index);
        reply.header("cache-control", "no-store");
        return { ...toResponse(made.saliency), referencePeak: made.referencePeak };
      }
      const saliency = await findSaliency(db, params.studyInstanceUid, index);
      if (!saliency) throw notFound(`The saliency of slice ${index}`);
      reply.header("cache-control", "no-store");
      return toResponse(saliency);
    },
  );
}
