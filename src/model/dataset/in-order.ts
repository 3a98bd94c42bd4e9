/**
 * @file Many things in the making at once, their results in the order they were asked for.
 */

/**
 * At most `limit` works at once. When one fails no more are begun; what those under way give is still yielded, and then
 * the first error is thrown.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<{ readonly result: Result } | { readonly error: unknown }>[] = [];
  const errors: unknown[] = [];
  const settled = async (item: Item): Promise<{ result: Result } | { error: unknown }> => {
    try {
      return { result: await work(item) };
    } catch (error) {
      errors.push(error);
      return { error };
    }
  };
  try {
    for await (const item of items) {
      if (errors.length > 0) break;
      underWay.push(settled(item));
      if (underWay.length < limit) continue;
      const oldest = await underWay.shift();
      if (oldest && "result" in oldest) yield oldest.result;
    }
    for (let next = underWay.shift(); next; next = underWay.shift()) {
      const oldest = await next;
      if ("result" in oldest) yield oldest.result;
    }
  } finally {
    await Promise.all(underWay);
  }
  if (errors.length > 0) throw errors[0];
}

/** The items, until the signal says that no more are to be begun. */
export function* untilAborted<Item>(items: Iterable<Item>, signal?: AbortSignal): Generator<Item> {
  for (const item of items) {
    if (signal?.aborted === true) return;
    yield item;
  }
}
