/**
 * @file The model as a service, by the convention of SageMaker's containers: `GET /ping`, `POST /invocations`.
 *
 * The body is one image (`image/*`: R, G, B are the three windows) or one DICOM instance
 * (`application/dicom`); the answer is the line that `firstread classify --json` prints. `/ping` is 200 only
 * when the model is loaded, so that whoever balances the load sends nothing too early.
 */
import type { FastifyInstance } from "fastify";

import { HttpError } from "../errors.ts";
import type { ModelAppContext } from "./app.ts";

const MOST_IMAGE_BYTES = 64 * 1024 * 1024;

/** Images that are held in memory at once; who comes then is asked to come again. */
const MOST_AT_ONCE = 32;
const RETRY_AFTER_SECONDS = 1;

export function addInvocationRoutes(app: FastifyInstance, { scorer }: ModelAppContext): void {
  app.get("/ping", async (_request, reply) =>
    scorer()
      ? { status: "healthy" }
      : reply.code(503).send({ status: "no model in this process, or not yet" }),
  );

  let atOnce = 0;

  // In a scope of its own: only here is a body of this kind and size taken.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      /^(image\/|application\/dicom$)/,
      { parseAs: "buffer", bodyLimit: MOST_IMAGE_BYTES },
      (_request, body, done) => done(null, body),
    );
    // Before the body is read: one that is refused fills no memory.
    scope.addHook("onRequest", async (_request, reply) => {
      if (atOnce < MOST_AT_ONCE) return;
      reply.header("retry-after", RETRY_AFTER_SECONDS);
      throw new HttpError(503, "busy", `Expected at most ${MOST_AT_ONCE} images at once, got one more.`);
    });
    scope.addHook("onRequest", async (_request, reply) => {
      atOnce += 1;
      reply.raw.once("close", () => (atOnce -= 1));
    });
    scope.post("/invocations", async ({ headers, body }) => {
      const model = scorer();
      if (!model) throw new HttpError(503, "no-model", "This process has no model, or not yet.");
      if (!(body instanceof Uint8Array)) {
        throw new HttpError(
          415,
          "unsupported-media-type",
          `Expected a body of type image/… or application/dicom, got ${headers["content-type"] ?? "no type"}.`,
        );
      }
      if (body.byteLength === 0) throw new HttpError(400, "empty-body", "Expected an image, got no bytes.");
      return model.classify(body, (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "");
    });
  });
}
