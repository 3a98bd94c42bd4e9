/**
 * @file The FHIR channel: a transaction by REST. A test asks for the server's CapabilityStatement and leaves no
 * resource behind.
 */
import { DeliveryFailed, DeliveryRefused, type Channel } from "./channel.ts";
import { fhirTransaction } from "./fhir-bundle.ts";
import { requestHttp } from "./http-post.ts";

export interface FhirConfig {
  /** The base of the server's addresses. */
  readonly url: string;
  /** A bearer token; null where the server asks for none. */
  readonly token: string | null;
}

const FHIR_JSON = "application/fhir+json";

export function fhirChannel({ url, token }: FhirConfig): Channel {
  const { origin, pathname } = new URL(url);
  const target = `${origin}${pathname}`.replace(/\/$/, "");
  const headers = {
    accept: FHIR_JSON,
    "content-type": FHIR_JSON,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    kind: "fhir",
    target,
    async send(notice, signal) {
      if (notice.event === "test") {
        const { text } = await requestHttp(target, `${target}/metadata`, { headers, signal }, issueCodes);
        return checkVersion(text, target);
      }
      const body = JSON.stringify(fhirTransaction(notice));
      const init = { method: "POST", headers, body, signal };
      const { status, text } = await requestHttp(target, target, init, issueCodes);
      checkEntries(text, target);
      return String(status);
    },
  };
}

/** What an OperationOutcome says in codes; its text may repeat what was sent. */
function issueCodes(text: string): string {
  const { issue } = (parse(text) ?? {}) as { issue?: unknown };
  if (!Array.isArray(issue)) return "";
  const codes = issue
    .map((one) => (one as { code?: unknown } | null)?.code)
    .filter((code): code is string => typeof code === "string" && /^[a-z-]{1,30}$/.test(code));
  return codes.length === 0 ? "" : ` (${[...new Set(codes)].join(", ")})`;
}

function checkVersion(text: string, target: string): string {
  const { fhirVersion } = (parse(text) ?? {}) as { fhirVersion?: unknown };
  if (typeof fhirVersion === "string" && fhirVersion.startsWith("4.0")) return `FHIR ${fhirVersion}`;
  throw new DeliveryRefused(`${target} is no FHIR R4 server: its CapabilityStatement does not say 4.0.`);
}

/** A transaction stands or falls as a whole; a server that answers otherwise has not done it. */
function checkEntries(text: string, target: string): void {
  const { resourceType, entry } = (parse(text) ?? {}) as { resourceType?: unknown; entry?: unknown };
  const statuses = (Array.isArray(entry) ? entry : []).map(
    (one) => (one as { response?: { status?: unknown } } | null)?.response?.status,
  );
  if (resourceType === "Bundle" && statuses.every((status) => /^2\d\d/.test(String(status)))) return;
  throw new DeliveryFailed(`${target} answered something else than the transaction's Bundle.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
