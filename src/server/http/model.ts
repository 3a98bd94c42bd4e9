/**
 * @file The model in use: which it is, and choosing another (`firstread model use`).
 */
import type { FastifyInstance } from "fastify";

import type { ModelResponse, ModelUseRequest, ModelUseResponse } from "../../domain/api.ts";
import { HttpError } from "../errors.ts";
import type { ModelSwitch } from "../scoring/model-switch.ts";
import { READER } from "../reading-rules.ts";
import type { AppContext } from "./app.ts";

const USE_BODY = {
  type: "object",
  required: ["package", "who"],
  properties: {
    package: { type: "string", minLength: 1, maxLength: 4096 },
    who: READER,
    rescore: { type: "boolean", default: false },
  },
};

export function addModelRoutes(app: FastifyInstance, { models }: AppContext): void {
  const loaded = (): ModelSwitch => {
    const known = models();
    if (!known) throw new HttpError(503, "no-model", "This process has no model, or not yet.");
    return known;
  };

  app.get("/api/model", async (_request, reply): Promise<ModelResponse> => {
    reply.header("cache-control", "no-store");
    return { inUse: loaded().inUse, installed: await loaded().installed() };
  });

  app.post<{ Body: ModelUseRequest }>(
    "/api/model",
    { schema: { body: USE_BODY } },
    async ({ body }): Promise<ModelUseResponse> => {
      const { rescored } = await loaded().choose(body);
      return { inUse: loaded().inUse, rescored };
    },
  );
}
