/** @file A bell that a loop waits for: rung before anyone waits, it is not missed. */

export class Bell {
  #rung = false;
  #answer: () => void = () => undefined;

  ring(): void {
    this.#rung = true;
    this.#answer();
  }

  /** Until the bell rings (or has rung since the last wait), at most so long. */
  async wait(atMostMs: number): Promise<void> {
    if (!this.#rung) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
        timer = setTimeout(resolve, atMostMs);
      });
      clearTimeout(timer);
    }
    this.#rung = false;
  }
}
