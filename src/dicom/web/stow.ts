/**
 * @file STOW-RS (PS3.18 section 10.5): instances out of a request's body, one after the other into the store,
 * and the response that says what became of each.
 *
 * Knows no HTTP server: a content type and a stream of bytes go in, a status and a JSON body come out.
 */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ErrorResponse } from "../../domain/api.ts";
import type { Acceptance, IncomingInstance } from "../../domain/incoming.ts";
import { faultOf, storeStatus } from "../net/status.ts";
import { MultipartError, parseMediaType, parseMultipart } from "./multipart.ts";
import type { MediaType, MultipartLimits } from "./multipart.ts";

export interface StowRequest {
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Where parts are written; on the same file system as the store. */
  readonly incomingDir: string;
  readonly receive: (incoming: IncomingInstance) => Promise<Acceptance>;
  /** From the path `/studies/{uid}`: instances of other studies are refused. */
  readonly expectedStudyInstanceUid?: string;
  /** Where `/studies/…` can be retrieved, for the response: `http://host/dicomweb`. */
  readonly baseUrl?: string;
  /** Of the client, for the audit. */
  readonly address?: string;
  readonly limits?: MultipartLimits;
}

/** One element of the DICOM JSON model (PS3.18 Annex F). */
interface JsonElement {
  readonly vr: string;
  readonly Value: readonly unknown[];
}

export interface StowResponse {
  /** 200 all stored, 202 some, 409 none, 503 none and for our reasons, 400 not understood, 415 not supported. */
  readonly status: 200 | 202 | 400 | 409 | 415 | 503;
  readonly contentType: "application/dicom+json" | "application/json";
  readonly body: Readonly<Record<string, JsonElement>> | ErrorResponse;
}

const DICOM = "application/dicom";
const RETRIEVE_URL = "00081190";
const FAILED_SOP_SEQUENCE = "00081198";
const REFERENCED_SOP_SEQUENCE = "00081199";
const OTHER_FAILURES_SEQUENCE = "0008119A";
const REFERENCED_SOP_CLASS_UID = "00081150";
const REFERENCED_SOP_INSTANCE_UID = "00081155";
const FAILURE_REASON = "00081197";

const failure = (status: 400 | 415, code: string, message: string): StowResponse => ({
  status,
  contentType: "application/json",
  body: { error: { code, message } },
});

/** The instances of a request: a body is one, or each part is one. */
async function* bodies(request: StowRequest, media: MediaType): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (media.type === DICOM) {
    yield request.body;
    return;
  }
  for await (const part of parseMultipart(
    request.body,
    media.parameters.get("boundary") ?? "",
    request.limits,
  )) {
    const type = parseMediaType(part.headers.get("content-type") ?? DICOM).type;
    if (type === DICOM) yield part.body;
    else throw new MultipartError(`Expected parts of type ${DICOM}, got "${type}"`);
  }
}

async function takeOne(request: StowRequest, body: AsyncIterable<Uint8Array>): Promise<Acceptance> {
  const path = join(request.incomingDir, `${randomUUID()}.incoming`);
  try {
    // Not a write stream: when the body breaks off, that may still be opening the file that is removed here.
    await writeFile(path, body, { flag: "wx", mode: 0o600 });
    return await request.receive({
      path,
      transferSyntaxUid: "",
      sopClassUid: "",
      sopInstanceUid: "",
      ...(request.expectedStudyInstanceUid === undefined
        ? {}
        : { studyInstanceUid: request.expectedStudyInstanceUid }),
      source: { kind: "stow", aeTitle: "", address: request.address ?? "" },
      priority: "medium",
    });
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof MultipartError) throw error;
    return { outcome: "refused", fault: faultOf(error), reason: "The instance could not be kept" };
  }
}

const element = (vr: string, ...Value: readonly unknown[]): JsonElement => ({ vr, Value });

function describe(acceptances: readonly Acceptance[], baseUrl: string | undefined): StowResponse["body"] {
  const stored: Record<string, JsonElement>[] = [];
  const failed: Record<string, JsonElement>[] = [];
  const unnamed: Record<string, JsonElement>[] = [];
  const studies = new Set<string>();
  for (const acceptance of acceptances) {
    const { identity } = acceptance;
    const { status } = storeStatus(acceptance);
    const reason = status === 0 ? {} : { [FAILURE_REASON]: element("US", status) };
    if (identity === undefined) {
      unnamed.push(reason);
      continue;
    }
    const { studyInstanceUid, sopClassUid, sopInstanceUid } = identity;
    const item = {
      [REFERENCED_SOP_CLASS_UID]: element("UI", sopClassUid),
      [REFERENCED_SOP_INSTANCE_UID]: element("UI", sopInstanceUid),
      ...reason,
    };
    if (status === 0) studies.add(studyInstanceUid);
    (status === 0 ? stored : failed).push(item);
  }
  const [study] = studies;
  return {
    ...(baseUrl !== undefined && study !== undefined && studies.size === 1
      ? { [RETRIEVE_URL]: element("UR", `${baseUrl}/studies/${encodeURIComponent(study)}`) }
      : {}),
    ...(stored.length > 0 ? { [REFERENCED_SOP_SEQUENCE]: element("SQ", ...stored) } : {}),
    ...(failed.length > 0 ? { [FAILED_SOP_SEQUENCE]: element("SQ", ...failed) } : {}),
    ...(unnamed.length > 0 ? { [OTHER_FAILURES_SEQUENCE]: element("SQ", ...unnamed) } : {}),
  };
}

function statusOf(acceptances: readonly Acceptance[], cutOff: boolean): 200 | 202 | 409 | 503 {
  const good = acceptances.filter(({ outcome }) => outcome === "stored" || outcome === "duplicate").length;
  if (good === acceptances.length && !cutOff) return 200;
  if (good > 0) return 202;
  const ours = acceptances.every(
    (a) => a.outcome === "refused" && (a.fault === "out-of-resources" || a.fault === "internal"),
  );
  return ours ? 503 : 409;
}

/**
 * Stores the instances of one request. A body that breaks off in the middle fails what had not come whole;
 * what was stored before it stays stored, and the response says so.
 * @throws what reading the body met (the client went away).
 */
export async function handleStow(request: StowRequest): Promise<StowResponse> {
  const media = parseMediaType(request.contentType);
  const root = parseMediaType(media.parameters.get("type") ?? DICOM).type;
  if (media.type !== DICOM && (media.type !== "multipart/related" || root !== DICOM)) {
    return failure(415, "unsupported-media-type", `Expected multipart/related; type="${DICOM}"`);
  }
  const acceptances: Acceptance[] = [];
  let problem: MultipartError | null = null;
  try {
    for await (const body of bodies(request, media)) acceptances.push(await takeOne(request, body));
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    problem = error;
  }
  if (acceptances.length === 0) {
    return failure(400, "bad-request", problem?.message ?? "The request holds no instances");
  }
  const cutOff: Acceptance = { outcome: "refused", fault: "unreadable", reason: problem?.message ?? "" };
  const all = problem === null ? acceptances : [...acceptances, cutOff];
  return {
    status: statusOf(all, problem !== null),
    contentType: "application/dicom+json",
    body: describe(all, request.baseUrl),
  };
}
