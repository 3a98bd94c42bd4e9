/**
 * @file `firstread …` as a process of its own.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

export interface EndedCommand {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<EndedCommand>;
  /** What it has said on stderr so far. */
  readonly said: () => string;
}

export function startFirstread(...args: string[]): RunningCommand {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code, signal]) => ({
    ...{ code: code as number | null, signal: signal as string | null },
    ...{ stdout, stderr },
  }));
  return { child, ended, said: () => stderr };
}

/** Wait until something holds, or the process has ended. */
export async function until(holds: () => boolean, { ended }: RunningCommand): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!holds() && !over) await new Promise((resolve) => setTimeout(resolve, 5));
}
