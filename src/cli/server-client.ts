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
 * Make the server score with another package.
 * @throws Error with the server's reason, or that there is none
 */
export async function chooseModel(server: string, request: ModelUseRequest): Promise<ModelUseResponse> {
  const answer = await fetch(new URL("/api/model", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  }).catch((cause: unknown) => {
    throw new Error(
      `No FirstRead answers at ${server}: start one (firstread serve), or name it (--server URL).`,
      { cause },
    );
  });
  const body = (await answer.json().catch(() => null)) as ModelUseResponse | ErrorResponse | null;
  if (body !== null && "inUse" in body) return body;
  throw new Error(
    body?.error.message ?? `Expected FirstRead at ${server}, got an answer with status ${answer.status}.`,
  );
}
