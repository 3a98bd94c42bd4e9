/**
 * @file Signing a webhook as the Standard Webhooks specification has it (standardwebhooks.com, "v1"), so that a
 * receiver can check it with a library that exists: HMAC-SHA256 of `id.timestamp.body`, in base64.
 */
import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/** `whsec_` and base64 are the key's bytes; anything else is the key itself. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), "base64")
    : Buffer.from(secret, "utf8");

/** @param timestampS seconds since 1970 */
export function signWebhook(secret: string, id: string, timestampS: number, body: string): string {
  return `v1,${createHmac("sha256", keyOf(secret)).update(`${id}.${timestampS}.${body}`).digest("base64")}`;
}
