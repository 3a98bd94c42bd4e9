/**
 * @file The one place where what became of an instance turns into a DIMSE status (PS3.4 table B.2-1,
 * PS3.7 Annex C).
 */
import type { Acceptance, RefusalFault } from "../../domain/incoming.ts";

export const STATUS = {
  success: 0x0000,
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  sopClassNotSupported: 0x0122,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

/** What C-FIND has besides (PS3.4 table C.4-1). */
export const FIND_STATUS = {
  pending: 0xff00,
  /** Some keys were asked for that are not known here. */
  pendingKeysUnknown: 0xff01,
  cancelled: 0xfe00,
} as const;

const OF_FAULT: Readonly<Record<RefusalFault, number>> = {
  unreadable: STATUS.cannotUnderstand,
  mismatch: STATUS.dataSetMismatch,
  "out-of-resources": STATUS.outOfResources,
  internal: STATUS.processingFailure,
};

/**
 * The status that answers a C-STORE. The very same instance again is a success, since it is safely here; the
 * same UID with other bytes is "duplicate SOP instance" (0111), and only that.
 */
export function storeStatus(acceptance: Acceptance): { status: number; comment: string } {
  switch (acceptance.outcome) {
    case "stored":
    case "duplicate":
      return { status: STATUS.success, comment: "" };
    case "conflict":
      return { status: STATUS.duplicateSopInstance, comment: acceptance.reason };
    case "refused":
      return { status: OF_FAULT[acceptance.fault], comment: acceptance.reason };
  }
}

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM"]);

/** What an error on the way to disk or database means for the sender. */
export function faultOf(error: unknown): RefusalFault {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && NO_ROOM.has(code) ? "out-of-resources" : "internal";
}
