/**
 * @file The configuration of the orders that come in by HL7: `hl7`. Off unless it has a port.
 */
import { addressMatches } from "../dicom/net/negotiation.ts";
import { ACCESSION_FIELDS, type AccessionField } from "../notify/accession-fields.ts";
import { ConfigError, isText, type Section } from "./config-section.ts";

export interface OrdersConfig {
  readonly host: string;
  readonly port: number;
  /** Addresses or networks that may send; null: whoever reaches loopback. */
  readonly allowedPeers: readonly string[] | null;
  /** Where the accession number stands, the likeliest first. */
  readonly accessionFrom: readonly AccessionField[];
}

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
const isFields = (value: unknown): value is readonly AccessionField[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => (ACCESSION_FIELDS as readonly unknown[]).includes(one));

function isPeers(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || !value.every(isText)) return false;
  try {
    for (const peer of value) addressMatches(peer, "127.0.0.1");
    return true;
  } catch {
    return false;
  }
}

/**
 * @param isLoopback whether a host is this machine's alone
 * @returns null where no orders are taken
 * @throws ConfigError
 */
export function parseOrdersConfig(
  section: Section,
  isLoopback: (host: string) => boolean,
): OrdersConfig | null {
  const host = section.take("host", "127.0.0.1", "an address", isText);
  const port = section.take<number | null>("port", null, "a port, 0 to 65535", isPort);
  const allowedPeers = section.take<readonly string[] | null>(
    "allowedPeers",
    null,
    'a list of IP addresses or networks such as "10.1.0.0/16"',
    isPeers,
  );
  const accessionFrom = section.take<readonly AccessionField[]>(
    "accessionFrom",
    ACCESSION_FIELDS,
    `a list of ${ACCESSION_FIELDS.join(", ")}`,
    isFields,
  );
  section.end("host, port, allowedPeers, accessionFrom");
  if (port === null) return null;
  if (!isLoopback(host) && (allowedPeers === null || allowedPeers.length === 0)) {
    throw new ConfigError(
      section.path("allowedPeers"),
      `a list of the addresses that may send, because hl7.host ${host} is reached from the network`,
      allowedPeers,
    );
  }
  return { host, port, allowedPeers, accessionFrom };
}
