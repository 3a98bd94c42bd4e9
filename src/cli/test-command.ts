/**
 * @file For tests of commands: runs one in this process, and gives what it printed.
 */
import { Command } from "commander";
import { afterEach, beforeEach, vi } from "vitest";

export interface CommandResult {
  /** Exit code. */
  readonly code: number;
  /** Lines printed to stdout. */
  readonly out: readonly string[];
  /** Lines printed to stderr. */
  readonly err: readonly string[];
}

/** Captures the console for the tests of a file. Call it once, outside of any test. */
export function commandRunner(): (
  configure: (command: Command) => void,
  ...argv: string[]
) => Promise<CommandResult> {
  const out: string[] = [];
  const err: string[] = [];
  beforeEach(() => {
    vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
    vi.spyOn(console, "error").mockImplementation((line: string) => void err.push(line));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = 0;
  });
  return async (configure, ...argv) => {
    out.length = 0;
    err.length = 0;
    const command = new Command().exitOverride();
    configure(command);
    await command.parseAsync(argv, { from: "user" });
    return { code: Number(process.exitCode ?? 0), out: [...out], err: [...err] };
  };
}
