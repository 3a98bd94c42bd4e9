/**
 * @file A TCP proxy that counts what comes back through it, and cuts the connection where a test wants.
 */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

export interface CuttingProxy {
  readonly endpoint: string;
  /** Bytes that came back from the server, all connections together. */
  received(): number;
  /** Bytes that were sent to the server, all connections together. */
  sent(): number;
  /** Cut every connection once so many more bytes have come back (or gone there), until `mend`. */
  cutAfter(bytes: number, way: "received" | "sent"): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const count = { received: 0, sent: 0 };
  let limit: { way: "received" | "sent"; bytes: number } | null = null;
  const sockets = new Set<Socket>();
  const isCut = () => limit !== null && count[limit.way] > limit.bytes;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const drop = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", drop).on("close", () => {
        sockets.delete(socket);
        drop();
      });
    }
    const pass = (from: Socket, to: Socket, way: "received" | "sent") =>
      from.on("data", (chunk: Buffer) => {
        count[way] += chunk.length;
        if (isCut()) return drop();
        if (!to.write(chunk)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
    pass(client, upstream, "sent");
    pass(upstream, client, "received");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => count.received,
    sent: () => count.sent,
    cutAfter: (bytes, way) => (limit = { way, bytes: count[way] + bytes }),
    mend: () => (limit = null),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
