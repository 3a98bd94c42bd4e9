/**
 * @file STOW-RS at `/dicomweb/studies` (DICOM PS3.18, 10.5): the body streams past fastify to its parser.
 */
import type { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import { handleStow } from "../../dicom/web/stow.ts";
import { HttpError } from "../errors.ts";
import type { AppContext } from "./app.ts";

export function addDicomWebRoutes(app: FastifyInstance, { receive, incomingDir }: AppContext): void {
  // In a scope of its own: only here does a body of any type and length come in as a stream.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, body, done) => done(null, body));
    for (const path of ["/dicomweb/studies", "/dicomweb/studies/:studyInstanceUid"]) {
      scope.post<{ Params: { studyInstanceUid?: string }; Body: Readable | undefined }>(
        path,
        async ({ params, headers, body, ip }, reply) => {
          if (!receive) throw new HttpError(503, "no-receiver", "This process receives nothing.");
          const expected = params.studyInstanceUid;
          const answer = await handleStow({
            contentType: headers["content-type"] ?? "",
            body: body ?? emptyBody(),
            incomingDir,
            receive,
            ...(expected !== undefined && { expectedStudyInstanceUid: expected }),
            address: ip,
          });
          // A body that was not read to its end cannot be followed by another request on its connection.
          if (body && !body.readableEnded) reply.header("connection", "close");
          return reply.code(answer.status).type(answer.contentType).send(JSON.stringify(answer.body));
        },
      );
    }
  });
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
