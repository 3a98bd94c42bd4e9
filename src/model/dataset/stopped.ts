/**
 * @file Long work that ended before its time, and can be gone on with.
 */

/** The destination took no more, or the user wanted no more; what is finished is kept. */
export class WorkStopped extends Error {
  override readonly name = "WorkStopped";
}

/** A full disk and an interruption as a sentence; any other error as it is. */
export function inPlainWords(error: unknown, uri: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new WorkStopped(
      `${uri} is full. What is finished is kept: make room and run the same command again.`,
      { cause: error },
    );
  }
  if ((error as Error).name === "AbortError") {
    return new WorkStopped("stopped; the same command goes on from here", { cause: error });
  }
  return error;
}
