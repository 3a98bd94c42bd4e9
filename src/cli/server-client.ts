/** @file Commands that speak to the running server, by its API on loopback. */
import type { ErrorResponse, ModelResponse, ModelUseRequest, ModelUseResponse } from "../domain/api.ts";

export const DEFAULT_SERVER = "http://127.0.0.1:8080";

/** A server that is there answers this in milliseconds. */
const ASK_MS = 2000;

/** What is in use, or null when no FirstRead answers. */
export async function askModelInUse(server: string): Promise<ModelResponse | null> {
  try {
    const answer = await fetch(new URL("/api/model", server), { signal: AbortSignal.timeout(ASK_MS) });
    return answer.ok ? ((await answer.json()) as ModelResponse) : null;
  } catch {
    return null;
  }
}

/**
 * What the server answers to a GET.
 * @throws Error with the server's reason, or that there is none
 */
export async function getJson<T>(server: string, path: string): Promise<T> {
  const answer = await fetch(new URL(path, server)).catch((cause: unknown) => {
    throw noServer(server, cause);
  });
  return bodyOf<T>(server, answer);
}

/**
 * What the server answers to a GET, as text.
 * @throws Error with the status, or that there is no server
 */
export async function getText(server: string, path: string): Promise<string> {
  const answer = await fetch(new URL(path, server)).catch((cause: unknown) => {
    throw noServer(server, cause);
  });
  if (!answer.ok) throw new Error(unexpected(server, answer.status));
  return answer.text();
}

const noServer = (server: string, cause: unknown): Error =>
  new Error(`No FirstRead answers at ${server}: start one (firstread serve), or name it (--server URL).`, {
    cause,
  });

const unexpected = (server: string, status: number): string =>
  `Expected FirstRead at ${server}, got an answer with status ${status}.`;

/**
 * What the server answers to a POST of JSON.
 * @throws Error with the server's reason, or that there is none
 */
export async function postJson<T>(server: string, path: string, request: object): Promise<T> {
  const answer = await fetch(new URL(path, server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  }).catch((cause: unknown) => {
    throw noServer(server, cause);
  });
  return bodyOf<T>(server, answer);
}

/** Make the server score with another package. @throws Error as `postJson` does */
export const chooseModel = (server: string, request: ModelUseRequest): Promise<ModelUseResponse> =>
  postJson(server, "/api/model", request);

async function bodyOf<T>(server: string, answer: Response): Promise<T> {
  const body = (await answer.json().catch(() => null)) as T | ErrorResponse | null;
  if (answer.ok && body !== null) return body as T;
  throw new Error((body as ErrorResponse | null)?.error.message ?? unexpected(server, answer.status));
}
