/**
 * @file A listener for HL7 v2 by MLLP: known peers only, bounded in every way, and each message answered.
 */
import { createServer, type Socket } from "node:net";

import { addressMatches, plainAddress } from "../dicom/net/negotiation.ts";
import { BadFrame, frameMllp, MllpReader } from "./mllp.ts";

export interface MllpListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Addresses or networks; null: whoever reaches us. */
  readonly allowedPeers: readonly string[] | null;
  /** Answers one message with one. Must not throw. */
  readonly onMessage: (message: string) => Promise<string>;
  /** Lines without patient data. */
  readonly log: (level: "warn" | "error", message: string) => void;
  /** A connection that is silent for so long is closed. Default 10 minutes. */
  readonly idleTimeoutMs?: number;
}

export interface MllpListener {
  readonly port: number;
  /** Stops listening, closes every connection, and lets what is being taken be taken. */
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 64;
const IDLE_MS = 600_000;

export async function startMllpListener(options: MllpListenerOptions): Promise<MllpListener> {
  const { host, port, allowedPeers, log } = options;
  for (const peer of allowedPeers ?? []) addressMatches(peer, "127.0.0.1");
  const open = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const address = plainAddress(socket.remoteAddress ?? "");
    socket.on("error", () => socket.destroy());
    if (allowedPeers !== null && !allowedPeers.some((peer) => addressMatches(peer, address))) {
      log("warn", `HL7: refused a connection from ${address}, which is not among hl7.allowedPeers`);
      socket.destroy();
      return;
    }
    const serving = serve(socket, options).finally(() => open.delete(socket));
    open.set(socket, serving);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open.keys()) socket.destroySoon();
      await Promise.all([closed, ...open.values()]);
    },
  };
}

/** One message after the other, in the order in which they came; the next is read when the last was answered. */
async function serve(
  socket: Socket,
  { onMessage, log, idleTimeoutMs = IDLE_MS }: MllpListenerOptions,
): Promise<void> {
  const reader = new MllpReader();
  socket.setNoDelay(true);
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) {
      for (const message of reader.push(piece)) {
        const answer = frameMllp(await onMessage(message));
        if (!socket.writable) return;
        socket.write(answer);
      }
    }
  } catch (error) {
    // A peer that went away needs no line; one that sends no HL7 does.
    if (error instanceof BadFrame) log("warn", `HL7: a connection was closed. ${error.message}`);
  } finally {
    socket.destroy();
  }
}
