/**
 * @file The model as a service, by the convention of SageMaker's containers: `GET /ping`, `POST /invocations`.
 *
 * The body is one image (`image/*`: R, G, B are the three windows) or one DICOM instance
 * (`application/dicom`); the answer is the line that `firstread classify --json` prints.
 */
import type { FastifyInstance } from "fastify";

import { HttpError } from "../errors.ts";
import type { AppContext } from "./app.ts";

const MOST_IMAGE_BYTES = 64 * 1024 * 1024;

export function addInvocationRoutes(app: FastifyInstance, { scorer }: AppContext): void {
  app.get("/ping", async () => ({ status: scorer() ? "healthy" : "no model in this process" }));

  // In a scope of its own: only here is a body of this kind and size taken.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      /^(image\/|application\/dicom$)/,
      { parseAs: "buffer", bodyLimit: MOST_IMAGE_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.post("/invocations", async ({ headers, body }) => {
      const model = scorer();
      if (!model) throw new HttpError(503, "no-model", "This process has no model, or not yet.");
      if (!(body instanceof Uint8Array) || body.byteLength === 0) {
        throw new HttpError(
          415,
          "unsupported-media-type",
          "Expected a body of type image/… or application/dicom.",
        );
      }
      return model.classify(body, (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "");
    });
  });
}
