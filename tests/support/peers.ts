/**
 * @file Peer programs from Debian that tests talk to: whether they are here, and how they are run.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

/** Without it DCMTK waits for delayed acknowledgements: 45 ms a slice. */
export const peerEnv = { ...process.env, TCP_NODELAY: "1" };

/** Say so in the name of what is skipped without it. */
export const hasDcmtk = existsSync("/usr/bin/storescu");
export const hasOrthanc = existsSync("/usr/sbin/Orthanc");

export interface PeerResult {
  readonly code: number;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Runs a program to its end; a failure is a result, not an exception. */
export function runPeer(program: string, args: readonly string[]): Promise<PeerResult> {
  return new Promise((resolve) => {
    const options = { env: peerEnv, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

/** A port that was free a moment ago, for a program that cannot choose its own. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("No port was given");
  return address.port;
}
