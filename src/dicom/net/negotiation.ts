/**
 * @file Who may associate, and for what: decided from the A-ASSOCIATE-RQ alone, without I/O.
 */
import { BlockList, isIP } from "node:net";

import type { AssociateRequest, ContextResult, Rejection } from "./pdu.ts";
import { CONTEXT_RESULT, REJECTION } from "./pdu.ts";
import {
  APPLICATION_CONTEXT,
  chooseTransferSyntax,
  FIND_ROOTS,
  IMPLICIT_LITTLE_ENDIAN,
  isStorageClass,
  VERIFICATION,
} from "./uids.ts";

/** A sender that may associate: its AE title at its address, or at any address of a network (`10.1.0.0/16`). */
export interface AllowedPeer {
  readonly aeTitle: string;
  readonly address: string;
}

export interface AdmissionRules {
  readonly aeTitle: string;
  /** Accept any called AE title, not only our own. */
  readonly anyCalledAeTitle: boolean;
  /** null: everyone who reaches the port (loopback only). */
  readonly allowedPeers: readonly AllowedPeer[] | null;
}

/** `::ffff:10.0.0.1` as `10.0.0.1`. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[0-9.]+$)/i, "");

/**
 * Whether an address is the peer's.
 * @throws {RangeError} when the peer's own address is neither an IP address nor a network.
 */
export function addressMatches(allowed: string, address: string): boolean {
  const [network = "", prefix] = allowed.split("/");
  const family = isIP(network);
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
    throw new RangeError(`Expected an IP address or a network such as 10.1.0.0/16, got "${allowed}"`);
  }
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, bits, kind);
  const plain = plainAddress(address);
  return isIP(plain) === family && list.check(plain, kind);
}

/** Why an association is refused, or null when it is welcome. */
export function rejectionOf(
  request: AssociateRequest,
  address: string,
  { aeTitle, anyCalledAeTitle, allowedPeers }: AdmissionRules,
): Rejection | null {
  if ((request.protocolVersion & 1) === 0) return REJECTION.protocolVersionNotSupported;
  if (request.applicationContext !== APPLICATION_CONTEXT) return REJECTION.applicationContextNotSupported;
  if (!anyCalledAeTitle && request.calledAeTitle !== aeTitle) return REJECTION.calledAeTitleNotRecognized;
  const known =
    allowedPeers === null ||
    allowedPeers.some(
      (peer) => peer.aeTitle === request.callingAeTitle && addressMatches(peer.address, address),
    );
  return known ? null : REJECTION.callingAeTitleNotRecognized;
}

/**
 * Our answer to each proposed context: verification, every storage class in a syntax we can keep, and the queries
 * where they are answered.
 */
export function negotiateContexts(request: AssociateRequest, answersQueries: boolean): ContextResult[] {
  const isServed = (abstractSyntax: string): boolean =>
    abstractSyntax === VERIFICATION ||
    isStorageClass(abstractSyntax) ||
    (answersQueries && abstractSyntax in FIND_ROOTS);
  return request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    if (!isServed(abstractSyntax)) {
      return {
        id,
        result: CONTEXT_RESULT.abstractSyntaxNotSupported,
        transferSyntax: IMPLICIT_LITTLE_ENDIAN,
      };
    }
    const chosen = chooseTransferSyntax(abstractSyntax, transferSyntaxes);
    return chosen === null
      ? { id, result: CONTEXT_RESULT.transferSyntaxesNotSupported, transferSyntax: IMPLICIT_LITTLE_ENDIAN }
      : { id, result: CONTEXT_RESULT.accepted, transferSyntax: chosen };
  });
}
