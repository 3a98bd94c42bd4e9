/**
 * @file Every error of the HTTP side, and the one place where an error becomes a status and a body.
 */
import type { ErrorResponse } from "../domain/api.ts";
import { IllegalTransition } from "../triage/lifecycle.ts";

/** A request that cannot be done: what to answer. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HttpError";
    this.status = status;
    this.code = code;
  }
}

export const notFound = (what: string): HttpError =>
  new HttpError(404, "not-found", `${what} is not known here.`);

/** Another reader has the study, or its state does not allow the action. */
export const conflict = (message: string): HttpError => new HttpError(409, "conflict", message);

export interface HttpFailure {
  readonly status: number;
  readonly body: ErrorResponse;
  /** An error of ours, to be logged; the caller is told nothing of its inside. */
  readonly isOurs: boolean;
}

/** What to answer for whatever was thrown. */
export function toHttp(error: unknown): HttpFailure {
  if (error instanceof HttpError) return failure(error.status, error.code, error.message);
  if (error instanceof IllegalTransition) return failure(409, "conflict", error.message);
  // Fastify's own (a body too large, of the wrong type, not JSON, not of the schema) carry a status.
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return failure(statusCode, code ?? "bad-request", message ?? "The request cannot be understood.");
  }
  return failure(500, "internal", "Something went wrong on the server; its log says what.");
}

function failure(status: number, code: string, message: string): HttpFailure {
  return { status, body: { error: { code, message } }, isOurs: status >= 500 };
}
