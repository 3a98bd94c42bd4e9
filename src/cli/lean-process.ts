/**
 * @file Less memory for commands whose threads decode and encode thousands of pictures.
 *
 * What makes a process of a few threads swell is read once, when it starts, so it starts anew with other settings:
 * - glibc gives every thread a heap of its own ("arena") and hands what is freed there to nobody else.
 * - V8 lets each thread's heap grow to several times of what lives in it before it looks for what does not.
 */

/** Two are enough not to wait for each other. */
const ARENAS = { MALLOC_ARENA_MAX: "2" };
const HEAP = ["--heap-growing-percent=30", "--max-semi-space-size=8"];
/** Says that this process is the second one. */
const MARK = "FIRSTREAD_LEAN";

/** Replace this process by a leaner one of the same number, arguments and files. Linux only; nothing elsewhere. */
export function restartLean(): void {
  if (process.platform !== "linux" || process.env[MARK] !== undefined) return;
  const args = [process.execPath, ...process.execArgv, ...HEAP, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, { ...ARENAS, ...process.env, [MARK]: "1" });
}
