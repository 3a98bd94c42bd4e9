/**
 * @file Answers that cost the database something, kept for a moment: many pages that ask at once are one question.
 */

interface Kept<Value> {
  readonly answer: Promise<Value>;
  readonly atMs: number;
}

export class KeptAnswers<Key, Value> {
  readonly #kept = new Map<Key, Kept<Value>>();
  readonly #ask: (key: Key) => Promise<Value>;
  readonly #keepMs: (key: Key) => number;

  /** @param keepMs how old the answer to a question may be */
  constructor(ask: (key: Key) => Promise<Value>, keepMs: (key: Key) => number) {
    this.#ask = ask;
    this.#keepMs = keepMs;
  }

  /** The answer, asked again when it is too old. One that failed is not kept. */
  get(key: Key, nowMs: number): Promise<Value> {
    const kept = this.#kept.get(key);
    if (kept && nowMs - kept.atMs < this.#keepMs(key)) return kept.answer;
    const answer = this.#ask(key);
    this.#kept.set(key, { answer, atMs: nowMs });
    answer.catch(() => {
      if (this.#kept.get(key)?.answer === answer) this.#kept.delete(key);
    });
    return answer;
  }
}
