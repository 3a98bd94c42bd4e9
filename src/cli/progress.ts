/**
 * @file A progress line on a terminal's stderr; nothing where stderr is no terminal.
 */

/** The width of the bar, in characters. */
const BAR = 24;

/** The least time between two drawings. */
const EVERY_MS = 80;

export interface Progress {
  /** Show how far it is. */
  show(label: string, done: number, total: number): void;
  /** Take the line away, so that what is printed next begins on a clean line. */
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownAt = 0;
  let drawn = false;
  return {
    show(label, done, total) {
      const now = performance.now();
      if (now - shownAt < EVERY_MS && done < total) return;
      shownAt = now;
      drawn = true;
      const full = total > 0 ? Math.round((BAR * done) / total) : 0;
      const bar = "█".repeat(full) + "░".repeat(BAR - full);
      stream.write(`\r\u001b[K${label} ${bar} ${done}/${total}`);
    },
    clear() {
      if (drawn) stream.write("\r\u001b[K");
      drawn = false;
    },
  };
}
