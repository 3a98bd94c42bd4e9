/**
 * @file Sending instances by C-STORE, their data sets byte for byte as they are in their files, and C-ECHO.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";

import { DataSet, UnreadableInstance } from "../dataset.ts";
import { COMMAND } from "./command-set.ts";
import type { ProposedContext } from "./pdu.ts";
import type { RemoteEntity } from "./requestor.ts";
import { AssociationFailed, Requestor } from "./requestor.ts";
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, VERIFICATION } from "./uids.ts";

export { AssociationFailed };

/** A DICOM Part 10 file: its bytes, or where it is. */
export type InstanceFile = Uint8Array | { readonly path: string };

export interface SendOptions extends RemoteEntity {
  /** Contexts are proposed for what an array holds; for other iterables, association by association. */
  readonly instances: Iterable<InstanceFile> | AsyncIterable<InstanceFile>;
  readonly priority?: "low" | "medium" | "high";
  readonly onProgress?: (progress: { readonly sent: number; readonly failed: number }) => void;
}

export interface SendFailure {
  /** The SOP Instance UID, or the path where the file could not be read. */
  readonly instance: string;
  /** The DIMSE status, where the other side gave one. */
  readonly status?: number;
  readonly reason: string;
}

export interface SendReport {
  /** How many instances the other side acknowledged (success or a warning). */
  readonly sent: number;
  readonly failed: readonly SendFailure[];
}

interface Opened {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const META_BYTES = 16 * 1024;
const MAX_CONTEXTS = 128;
const READ_BYTES = 1024 * 1024;
const PRIORITY = { medium: 0, high: 1, low: 2 } as const;

async function head(instance: InstanceFile): Promise<Uint8Array> {
  if (instance instanceof Uint8Array) return instance;
  const handle = await open(instance.path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(META_BYTES), 0, META_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @throws {UnreadableInstance} when it is no Part 10 file with file meta information. */
async function openInstance(instance: InstanceFile): Promise<Opened> {
  const bytes = await head(instance);
  if (Buffer.from(bytes.subarray(128, 132)).toString("latin1") !== "DICM") {
    throw new UnreadableInstance("expected a DICOM Part 10 file (DICM at byte 128)");
  }
  const meta = DataSet.read(bytes, 132, { explicitVr: true, littleEndian: true }, (tag) => tag >>> 16 !== 2);
  const opened = {
    sopClassUid: meta.string(0x00020002),
    sopInstanceUid: meta.string(0x00020003),
    transferSyntaxUid: meta.string(0x00020010),
    dataSet: () =>
      instance instanceof Uint8Array
        ? [instance.subarray(meta.end)]
        : createReadStream(instance.path, { start: meta.end, highWaterMark: READ_BYTES }),
  };
  if (opened.sopClassUid === "" || opened.sopInstanceUid === "" || opened.transferSyntaxUid === "") {
    throw new UnreadableInstance("the file meta information lacks a SOP class, instance or transfer syntax");
  }
  return opened;
}

const contextKey = ({ sopClassUid, transferSyntaxUid }: Opened): string =>
  `${sopClassUid} ${transferSyntaxUid}`;

function propose(keys: Iterable<string>): { contexts: ProposedContext[]; ids: Map<string, number> } {
  const ids = new Map([...keys].slice(0, MAX_CONTEXTS).map((key, index) => [key, 2 * index + 1]));
  const contexts = [...ids].map(([key, id]) => {
    const [abstractSyntax = "", transferSyntax = ""] = key.split(" ");
    return { id, abstractSyntax, transferSyntaxes: [transferSyntax] };
  });
  return { contexts, ids };
}

/**
 * Sends instances one after the other over one association (a further one only when an iterable brings a SOP
 * class or transfer syntax that was not proposed). What fails is reported and does not stop the rest.
 * @throws {AssociationFailed} when there is no association, or it broke.
 */
export async function sendInstances(options: SendOptions): Promise<SendReport> {
  const { instances, onProgress, priority = "medium" } = options;
  const known = new Set<string>();
  const listed: unknown = instances;
  if (Array.isArray(listed)) {
    for (const instance of listed as readonly InstanceFile[]) {
      const opened = await openInstance(instance).catch(() => null); // told again when its turn comes
      if (opened !== null) known.add(contextKey(opened));
    }
  }
  const failed: SendFailure[] = [];
  let sent = 0;
  let association: { requestor: Requestor; ids: Map<string, number> } | null = null;
  try {
    for await (const instance of instances) {
      const opened = await openInstance(instance).catch((error: unknown) => {
        const name = instance instanceof Uint8Array ? "(bytes)" : instance.path;
        failed.push({ instance: name, reason: error instanceof Error ? error.message : String(error) });
        return null;
      });
      if (opened !== null) {
        const key = contextKey(opened);
        if (association === null || !association.ids.has(key)) {
          await association?.requestor.release();
          if (known.size >= MAX_CONTEXTS && !known.has(key)) known.clear();
          const { contexts, ids } = propose(new Set([key, ...known.add(key)]));
          association = { requestor: await Requestor.open(options, contexts), ids };
        }
        const failure = await store(
          association.requestor,
          association.ids.get(key) ?? 0,
          opened,
          PRIORITY[priority],
        );
        if (failure === null) sent += 1;
        else failed.push(failure);
      }
      onProgress?.({ sent, failed: failed.length });
    }
    await association?.requestor.release();
  } catch (error) {
    association?.requestor.abort();
    throw error;
  }
  return { sent, failed };
}

async function store(
  requestor: Requestor,
  contextId: number,
  { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet }: Opened,
  priority: number,
): Promise<SendFailure | null> {
  if (requestor.accepted(contextId) !== transferSyntaxUid) {
    const reason = `SOP class ${sopClassUid} in transfer syntax ${transferSyntaxUid} is not accepted`;
    return { instance: sopInstanceUid, reason };
  }
  const { status = 0xffff, errorComment } = await requestor.request(
    contextId,
    {
      commandField: COMMAND.storeRequest,
      affectedSopClassUid: sopClassUid,
      affectedSopInstanceUid: sopInstanceUid,
      priority,
    },
    dataSet(),
  );
  const isWarning = (status & 0xf000) === 0xb000; // PS3.7 C.5: stored, with a remark
  if (status === 0 || isWarning) return null;
  const hex = status.toString(16).toUpperCase().padStart(4, "0");
  return { instance: sopInstanceUid, status, reason: errorComment ?? `status ${hex}` };
}

/**
 * Verifies that a DICOM node answers (C-ECHO).
 * @throws {AssociationFailed} with the reason when it does not.
 */
export async function echo(remote: RemoteEntity): Promise<void> {
  const transferSyntaxes = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN];
  const requestor = await Requestor.open(remote, [{ id: 1, abstractSyntax: VERIFICATION, transferSyntaxes }]);
  try {
    if (requestor.accepted(1) === null) throw new AssociationFailed("C-ECHO is not accepted");
    const { status } = await requestor.request(1, {
      commandField: COMMAND.echoRequest,
      affectedSopClassUid: VERIFICATION,
    });
    if (status !== 0) throw new AssociationFailed(`C-ECHO answered with status ${status}`);
  } finally {
    await requestor.release();
  }
}
