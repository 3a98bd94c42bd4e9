/** @file What was started, to be stopped in reverse order. */
import { errorText, type Log } from "./log.ts";

export class Stack {
  readonly #stops: (() => Promise<unknown>)[] = [];
  #stopping: Promise<void> | null = null;

  push(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Stop everything, whatever fails; a second call waits for the first. */
  stop(log: Log): Promise<void> {
    this.#stopping ??= (async () => {
      for (const stop of this.#stops.reverse()) {
        await stop().catch((error: unknown) => log("error", "stopping", { reason: errorText(error) }));
      }
    })();
    return this.#stopping;
  }
}
