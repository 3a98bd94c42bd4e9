/**
 * @file The DICOM listener: Verification, Storage and queries as SCP, any number of associations at once.
 *
 * Listens on loopback unless told otherwise, and then only for the peers it is given.
 */
import { isIPv4, createServer } from "node:net";

import type { Acceptance, IncomingInstance } from "../../domain/incoming.ts";
import { Association } from "./association.ts";
import type { OnFind } from "./find-exchange.ts";
import type { AllowedPeer } from "./negotiation.ts";
import { addressMatches, plainAddress, rejectionOf } from "./negotiation.ts";
import { REJECTION } from "./pdu.ts";
import { isAeTitle } from "./uids.ts";

export interface DicomListenerOptions {
  /** Default 127.0.0.1. Anything beyond loopback needs `allowedPeers`. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Our AE title: at most 16 characters. */
  readonly aeTitle: string;
  /** Default false: associations for another AE title are rejected. */
  readonly anyCalledAeTitle?: boolean;
  /** Who may send. Left out: whoever reaches loopback. */
  readonly allowedPeers?: readonly AllowedPeer[];
  /** Where files are received; must exist, on the same file system as the store. */
  readonly incomingDir: string;
  /** Takes a complete instance; its answer becomes the C-STORE status. Must not lose what it acknowledges. */
  readonly onInstance: (instance: IncomingInstance) => Promise<Acceptance>;
  /** Answers queries. Left out: none are. */
  readonly onFind?: OnFind;
  /** Lines without patient data. */
  readonly log?: (level: "info" | "warn" | "error", message: string) => void;
  /** Default 256; further ones are rejected as "local limit exceeded", which senders retry. */
  readonly maxAssociations?: number;
  /** Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Default 30,000. */
  readonly artimTimeoutMs?: number;
}

export interface DicomListener {
  readonly port: number;
  /** Stops listening, lets answers under way be given, closes every association. */
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

function check({ host = "127.0.0.1", aeTitle, allowedPeers }: DicomListenerOptions): void {
  if (!isAeTitle(aeTitle)) {
    throw new RangeError(`Expected an AE title of 1 to 16 characters, got "${aeTitle}"`);
  }
  if (!isLoopback(host) && (allowedPeers === undefined || allowedPeers.length === 0)) {
    throw new RangeError(`Listening on ${host} needs a list of allowed AE titles and addresses`);
  }
  for (const peer of allowedPeers ?? []) addressMatches(peer.address, "127.0.0.1");
}

/**
 * Starts listening.
 * @throws {RangeError} for an AE title or a peer's address that cannot be, or a host beyond loopback without
 * allowed peers.
 */
export async function startDicomListener(options: DicomListenerOptions): Promise<DicomListener> {
  check(options);
  const { maxAssociations = 256, log = () => undefined } = options;
  const rules = {
    aeTitle: options.aeTitle.trim(),
    anyCalledAeTitle: options.anyCalledAeTitle ?? false,
    allowedPeers: options.allowedPeers ?? null,
  };
  const running = new Map<Association, Promise<void>>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined); // the association meets it on its next read
    if (running.size >= 2 * maxAssociations) {
      socket.destroy();
      return;
    }
    const full = running.size >= maxAssociations;
    const address = plainAddress(socket.remoteAddress ?? "");
    const association = new Association(socket, {
      address,
      incomingDir: options.incomingDir,
      idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
      artimTimeoutMs: options.artimTimeoutMs ?? 30_000,
      admit: (request) => (full ? REJECTION.localLimitExceeded : rejectionOf(request, address, rules)),
      onInstance: options.onInstance,
      onFind: options.onFind ?? null,
      log,
    });
    running.set(
      association,
      association.run().finally(() => running.delete(association)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.port, host: options.host ?? "127.0.0.1" }, resolve);
  });
  server.on("error", (error) => log("error", `DICOM listener: ${error.message}`));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : options.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const association of running.keys()) association.stop();
      await Promise.all(running.values());
      await closed;
    },
  };
}
