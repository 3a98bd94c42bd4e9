/**
 * @file What goes wrong with S3, in one sentence: what was expected, what came, where, what to look at.
 */

export class S3Error extends Error {
  override readonly name = "S3Error";
}

/** The server that was named, or null: Amazon's. */
export const endpointOf = (): string | null =>
  process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"] ?? null;

const REFUSED = new Set([
  ...[
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AccessDenied",
    "Forbidden",
    "InvalidToken",
    "ExpiredToken",
  ],
  ...["TokenRefreshRequired", "AllAccessDisabled", "AccountProblem"],
]);
const UNREACHABLE = new Set([
  ...[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ETIMEDOUT",
    "ECONNRESET",
    "EPIPE",
  ],
  ...["TimeoutError", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
]);
/** The file system's, not the server's. */
const LOCAL: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EACCES: "the folder may not be written",
  EROFS: "the folder may not be written",
};

/** What happened to one key of a bucket. */
export function inWords(bucket: string, key: string, error: unknown): string {
  const {
    name = "",
    message = "",
    code = "",
    $metadata,
  } = error as {
    name?: string;
    message?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const where = `s3://${bucket}/${key}`;
  const server = endpointOf() ?? "Amazon S3";
  const status = $metadata?.httpStatusCode;
  if (name === "NoSuchBucket")
    return `${where}: expected a bucket "${bucket}" at ${server}, got none of that name.`;
  if (name === "NoSuchKey" || name === "NotFound")
    return `${where}: expected an object at ${server}, got none.`;
  if (name === "PreconditionFailed")
    return `${where}: expected an object that stays as it is, got another since.`;
  if (name === "CredentialsProviderError") {
    return (
      `${where}: expected credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, ` +
      "or the machine's role), got none."
    );
  }
  if (REFUSED.has(name) || status === 401 || status === 403) {
    const why = REFUSED.has(name) ? name : `status ${status}`;
    return `${where}: expected credentials that ${server} accepts for it, got a refusal (${why}).`;
  }
  if (/^Region is missing/.test(message)) return `${where}: expected a region (AWS_REGION), got none.`;
  const unreachable = [code, name].find((word) => UNREACHABLE.has(word));
  if (unreachable !== undefined) {
    return `${where}: expected an answer from ${server}, got none (${unreachable}): see AWS_ENDPOINT_URL.`;
  }
  const local = LOCAL[code];
  if (local !== undefined) return `${where}: expected to keep it on this machine, but ${local} (${message}).`;
  return `${where}: expected ${server} to do as asked, got ${name} ${message}${status ? ` (${status})` : ""}.`;
}
