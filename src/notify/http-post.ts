/**
 * @file A request of a channel that speaks HTTP: which answers are success, which may be tried again.
 */
import { DeliveryFailed, DeliveryRefused, unreachable } from "./channel.ts";

/** The answer of a peer that took what it was sent. */
export interface HttpAnswer {
  readonly status: number;
  /** At most `MOST_ANSWER_BYTES` of it. */
  readonly text: string;
}

const MOST_ANSWER_BYTES = 256 * 1024;

/** Too early, too many, not signed in (a secret is being changed), or the peer's own trouble. */
const AGAIN = new Set([401, 403, 407, 408, 423, 425, 429]);

/**
 * @param target the peer's name in an error
 * @param why adds to an error what the body of a refusal says in codes
 * @throws DeliveryFailed, DeliveryRefused
 */
export async function requestHttp(
  target: string,
  url: string,
  init: RequestInit & { signal: AbortSignal },
  why: (text: string) => string = () => "",
): Promise<HttpAnswer> {
  let response: Response;
  let text: string;
  try {
    // A redirect could lead what was meant for one peer to another.
    response = await fetch(url, { ...init, redirect: "manual" });
    text = await readSome(response);
  } catch (cause) {
    throw unreachable(target, cause, init.signal);
  }
  const { status } = response;
  if (response.ok) return { status, text };
  const message = `${target} answered ${status}${why(text)}.`;
  if (status >= 500 || AGAIN.has(status)) throw new DeliveryFailed(message);
  throw new DeliveryRefused(message);
}

async function readSome(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8", 0, MOST_ANSWER_BYTES);
}
