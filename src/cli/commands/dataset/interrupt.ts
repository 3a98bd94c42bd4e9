/**
 * @file Ctrl-C as an orderly stop of long work.
 */

/** An abort at Ctrl-C; a second Ctrl-C ends the process at once. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  process.once("SIGTERM", () => controller.abort());
  return controller.signal;
}
