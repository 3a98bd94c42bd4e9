/** @file A TCP server that says what a test wants, whatever it is told. */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export interface RawServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param answer said as soon as something came (or at once, where lines are answered); null: the connection is closed
 * @param staysOpen otherwise it is closed after the answer
 * @param answerTo what each line is answered with, after `answer` as a greeting
 */
export async function startRawServer(
  answer: string | null,
  staysOpen = false,
  answerTo?: (line: string) => string,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    if (answer === null) {
      socket.once("data", () => socket.end());
      return;
    }
    if (answerTo) socket.write(answer);
    socket.on("data", (piece: Buffer) => {
      if (answerTo) {
        for (const line of piece.toString().split("\r\n").filter(Boolean)) socket.write(answerTo(line));
        return;
      }
      socket.write(answer);
      if (!staysOpen) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
