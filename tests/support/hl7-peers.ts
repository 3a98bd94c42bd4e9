/**
 * @file HL7 and SMTP peers that no one here wrote: python3-hl7's MLLP server and client, aiosmtpd. Debian's packages.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { freePort, runPeer, type PeerResult } from "./peers.ts";

export const hasPythonHl7 = existsSync("/usr/bin/mllp_send");
export const hasAiosmtpd = existsSync("/usr/bin/aiosmtpd");

export interface PrintingPeer {
  readonly port: number;
  /** Everything it has printed so far. */
  readonly output: () => string;
  close(): Promise<void>;
}

/** What hl7.mllp calls for each connection: print the message, answer with an acknowledgement of its own making. */
const HL7_SERVER = `
import asyncio, sys, hl7.mllp
async def handle(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            print("MESSAGE", str(message).replace("\\r", "\\n"), flush=True)
            writer.writemessage(message.create_ack(sys.argv[2]))
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()
async def main():
    async with await hl7.mllp.start_hl7_server(handle, "127.0.0.1", int(sys.argv[1]), encoding="utf-8") as server:
        print("LISTENING", flush=True)
        await server.serve_forever()
asyncio.run(main())
`;

async function start(program: string, args: readonly string[], port: number): Promise<PrintingPeer> {
  const child: ChildProcess = spawn(program, [...args], {
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (piece: Buffer) => (output += piece.toString()));
  return {
    port,
    output: () => output,
    async close() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

/** python3-hl7 as a receiver. @param ack what it answers: AA, AE or AR */
export async function startPythonHl7(ack: string): Promise<PrintingPeer> {
  const port = await freePort();
  const peer = await start("/usr/bin/python3", ["-c", HL7_SERVER, String(port), ack], port);
  await listening(peer.port);
  return peer;
}

/** aiosmtpd, which prints what it is sent. */
export async function startAiosmtpd(): Promise<PrintingPeer> {
  const port = await freePort();
  const handler = ["-c", "aiosmtpd.handlers.Debugging", "stdout"];
  const args = ["-u", "-m", "aiosmtpd", "-n", "-l", `127.0.0.1:${port}`, ...handler];
  const peer = await start("/usr/bin/python3", args, port);
  await listening(port);
  return peer;
}

/** Until someone listens there. */
async function listening(port: number): Promise<void> {
  const { connect } = await import("node:net");
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** python3-hl7 as a sender: prints the acknowledgements. */
export async function sendByPython(folder: string, port: number, message: string): Promise<PeerResult> {
  const file = join(folder, `${crypto.randomUUID()}.hl7`);
  await writeFile(file, `\x0b${message}\x1c\r`);
  return runPeer("/usr/bin/mllp_send", ["--port", String(port), "--file", file, "127.0.0.1"]);
}
