/**
 * @file Less memory for commands whose threads decode and encode thousands of pictures.
 *
 * glibc gives every thread a heap of its own ("arena") and hands what is freed there to nobody else: at two threads that
 * is 200 MB of holes. How many there may be is asked once, when a process starts, so the process starts anew.
 */

/** Two are enough not to wait for each other. */
const ARENAS = "2";
const VARIABLE = "MALLOC_ARENA_MAX";

/**
 * Replace this process by itself with fewer heaps: same number, same arguments, same files. Does nothing where they were
 * chosen already, and on systems with another C library's rules.
 */
export function restartWithFewArenas(): void {
  if (process.platform !== "linux" || process.env[VARIABLE] !== undefined) return;
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, { ...process.env, [VARIABLE]: ARENAS });
}
