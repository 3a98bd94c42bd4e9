/**
 * @file A channel to the outside, and the two ways in which a delivery fails.
 */
import type { ChannelKind } from "../domain/notices.ts";
import type { Notice } from "./notice.ts";

export interface Channel {
  readonly kind: ChannelKind;
  /** Where it goes, without a secret. */
  readonly target: string;
  /**
   * Deliver one notice. A `test` may go a gentler way, as long as it proves that the peer is there and takes us.
   * @returns what the peer said, in a word or two without patient data ("200", "AA")
   * @throws DeliveryFailed to be tried again; DeliveryRefused when trying again is no use
   */
  send(notice: Notice, signal: AbortSignal): Promise<string>;
}

/**
 * It did not go, and may go later: no connection, no answer in time, a peer in trouble. The message is kept in the
 * delivery log: it never holds a peer's own words, which may repeat patient data.
 */
export class DeliveryFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DeliveryFailed";
  }
}

/** The peer is there and will not take this message, however often it comes. */
export class DeliveryRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DeliveryRefused";
  }
}

/** Why there was no connection, by the system's own code; nothing of the peer's. */
export function unreachable(target: string, cause: unknown, signal: AbortSignal): DeliveryFailed {
  if (signal.aborted) return new DeliveryFailed(`${target} did not answer in time.`, { cause });
  return new DeliveryFailed(`${target} cannot be reached${codeOf(cause)}.`, { cause });
}

function codeOf(cause: unknown): string {
  const { code, cause: inner } = (cause ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === "string" && /^[A-Z_0-9]{2,40}$/.test(code)) return ` (${code})`;
  return inner === undefined ? "" : codeOf(inner);
}
