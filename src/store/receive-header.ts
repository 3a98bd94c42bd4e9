/**
 * @file Reading an incoming file for what receiving needs: its header from its first bytes, its data set's
 * digest where the door did not compute it.
 */
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";

import type { IncomingInstance, SeenBytes } from "../domain/incoming.ts";
import type { ReceivedHeader } from "./receive-rows.ts";

/** Reads a header from a file's first bytes. Throws, with the reason in words, when they are not enough. */
export type HeaderParser = (bytes: Uint8Array) => ReceivedHeader;

/**
 * How much of a file is looked at, in turn, until its header is whole. Nearly all need the first; functional
 * groups of enhanced objects and structured reports need more. Beyond the last no head CT has a header.
 */
const HEAD_SIZES = [64 * 1024, 1024 * 1024, 16 * 1024 * 1024, 64 * 1024 * 1024] as const;

/** The bytes do not say what the instance is, or say something else than the sender did. */
export class UnacceptableInstance extends Error {
  readonly fault: "unreadable" | "mismatch";
  /** The header, where it could be read. */
  readonly header: ReceivedHeader | null;

  constructor(
    fault: "unreadable" | "mismatch",
    reason: string,
    header: ReceivedHeader | null = null,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = "UnacceptableInstance";
    this.fault = fault;
    this.header = header;
  }
}

async function readHead(path: string, most: number): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(most, size));
    let have = 0;
    while (have < bytes.length) {
      const { bytesRead } = await handle.read(bytes, have, bytes.length - have, have);
      if (bytesRead === 0) break;
      have += bytesRead;
    }
    return bytes.subarray(0, have);
  } finally {
    await handle.close();
  }
}

/** A header found in part of a file counts only if it reached the pixels: what follows may be missing. */
async function parseFrom(incoming: IncomingInstance, parse: HeaderParser): Promise<ReceivedHeader> {
  const byteLength = incoming.seen?.byteLength ?? (await stat(incoming.path)).size;
  let problem: unknown = new Error("its header is longer than 64 MiB");
  for (const most of HEAD_SIZES) {
    const seen = incoming.seen?.head;
    const enough = seen !== undefined && seen.length >= Math.min(most, byteLength);
    const head = enough ? seen : await readHead(incoming.path, most);
    const whole = head.length >= byteLength;
    try {
      const header = parse(head);
      if (whole || header.hasPixelData) return header;
    } catch (error) {
      problem = error;
    }
    if (whole) break;
  }
  const reason = problem instanceof Error ? problem.message : String(problem);
  throw new UnacceptableInstance("unreadable", reason, null, { cause: problem });
}

/** Identifiers become keys and rows: printable ASCII of a UID's length, as tolerant as that. */
const IDENTIFIER = /^[!-~]{1,64}$/;

/**
 * The instance's header, with its identity checked against what the sender said.
 * @throws {UnacceptableInstance} when it cannot be read, lacks an identifier, or is another than announced.
 */
export async function readHeader(incoming: IncomingInstance, parse: HeaderParser): Promise<ReceivedHeader> {
  const parsed = await parseFrom(incoming, parse);
  const header: ReceivedHeader = { ...parsed, sopClassUid: parsed.sopClassUid || incoming.sopClassUid };
  const identifiers = {
    StudyInstanceUID: header.studyInstanceUid,
    SeriesInstanceUID: header.seriesInstanceUid,
    SOPInstanceUID: header.sopInstanceUid,
    SOPClassUID: header.sopClassUid,
  };
  for (const [name, value] of Object.entries(identifiers)) {
    if (!IDENTIFIER.test(value)) {
      throw new UnacceptableInstance("unreadable", `${name} is not 1 to 64 printable characters`);
    }
  }
  if (incoming.sopInstanceUid !== "" && incoming.sopInstanceUid !== header.sopInstanceUid) {
    throw new UnacceptableInstance("mismatch", "SOP Instance UID differs from the data set's", header);
  }
  if (incoming.sopClassUid !== "" && incoming.sopClassUid !== header.sopClassUid) {
    throw new UnacceptableInstance("mismatch", "SOP Class UID differs from the data set's", header);
  }
  if (incoming.studyInstanceUid !== undefined && incoming.studyInstanceUid !== header.studyInstanceUid) {
    throw new UnacceptableInstance("mismatch", "The instance belongs to another study", header);
  }
  return header;
}

/** Where a Part 10 file's data set starts: behind group 0002, or at 0 when there is none. */
function dataSetOffset(head: Buffer): number {
  if (head.length < HEAD_OF_META || head.toString("latin1", 128, 132) !== "DICM") return 0;
  const startsWithGroupLength = head.readUInt32LE(132) === 0x00000002 && head.readUInt16LE(138) === 4;
  return startsWithGroupLength ? HEAD_OF_META + head.readUInt32LE(140) : 132;
}

/** Preamble, "DICM" and the group length that says where the meta information ends. */
const HEAD_OF_META = 144;

/**
 * The digest of a Part 10 file: of its data set alone, since file meta information differs by its writer.
 * @param file Its bytes from the start, in any pieces.
 */
export async function digestDataSet(
  file: AsyncIterable<Buffer>,
): Promise<Pick<SeenBytes, "digest" | "byteLength">> {
  const hash = createHash("sha256");
  let head: Buffer = Buffer.alloc(0);
  let offset: number | null = null;
  let byteLength = 0;
  const take = (chunk: Buffer, at: number): void => {
    const start = Math.max(0, (offset ?? 0) - at);
    if (start < chunk.length) hash.update(chunk.subarray(start));
  };
  for await (const chunk of file) {
    if (offset === null) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= HEAD_OF_META) {
        offset = dataSetOffset(head);
        take(head, 0);
      }
    } else take(chunk, byteLength);
    byteLength += chunk.length;
  }
  if (offset === null) hash.update(head);
  return { digest: hash.digest("hex"), byteLength };
}
