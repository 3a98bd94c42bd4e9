/** @file What falls due, the earliest first: a binary heap. What is no longer meant is left to whoever takes it. */

export class DueHeap<T> {
  readonly #heap: { readonly dueMs: number; readonly value: T }[] = [];

  /** When the earliest is due; null: nothing is. */
  get nextMs(): number | null {
    return this.#heap[0]?.dueMs ?? null;
  }

  add(dueMs: number, value: T): void {
    const heap = this.#heap;
    const added = { dueMs, value };
    let at = heap.push(added) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || parent.dueMs <= dueMs) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = added;
  }

  /** Take the earliest if it is due by now. */
  take(nowMs: number): T | null {
    const heap = this.#heap;
    const [first] = heap;
    if (!first || first.dueMs > nowMs) return null;
    const last = heap.pop();
    if (last && heap.length > 0) this.#sink(last);
    return first.value;
  }

  /** Put an element in the place of the first, and let it sink. */
  #sink(moved: { readonly dueMs: number; readonly value: T }): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child && right && right.dueMs < child.dueMs) {
        child = right;
        below += 1;
      }
      if (!child || child.dueMs >= moved.dueMs) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = moved;
  }
}
