/** @file Listening, and saying plainly why not. */
import type { FastifyInstance } from "fastify";

import { errorText } from "./log.ts";

/** @returns the port, chosen by the system where 0 was asked for. */
export async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<number> {
  await app.listen({ host, port }).catch((cause: unknown) => {
    throw cannotListen("HTTP", host, port, cause);
  });
  const bound = app.server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

export function cannotListen(what: string, host: string, port: number, cause: unknown): Error {
  const taken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
  const why = taken ? "the port is taken by another program" : errorText(cause);
  return new Error(`${what} cannot listen on ${host}:${port}: ${why}.`, { cause });
}

/** How a browser or a program reaches it. */
export const httpUrlOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
