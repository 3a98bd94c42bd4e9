/**
 * @file Files looked at once each, on all threads, in their order: what came of each, or why nothing did.
 */
import { ByteThreads, FILES_PER_THREAD } from "./byte-threads.ts";
import type { ByteOutcome } from "./byte-threads.ts";
import type { DatasetSource, SourceFile } from "./ends.ts";
import { inOrder } from "./in-order.ts";

export interface Looking<Order> {
  /** What the threads run. */
  readonly worker: URL;
  readonly threads: number;
  /** What is asked of the file at a place of the list. */
  readonly orderOf: (index: number) => Order;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

export type LookedAt<Result> = ByteOutcome<Result> & { readonly file: SourceFile };

/** A file that cannot be read, or whose thread is lost, has its reason and stops no other. */
export async function* lookAtFiles<Order, Result>(
  source: DatasetSource,
  files: readonly SourceFile[],
  { worker, threads: count, orderOf, onProgress }: Looking<Order>,
): AsyncGenerator<LookedAt<Result>> {
  const threads = new ByteThreads<Order, Result>(worker, null, count);
  const look = async ([index, file]: readonly [number, SourceFile]): Promise<LookedAt<Result>> => {
    try {
      return { file, ...(await threads.run(source, file, orderOf(index))) };
    } catch (error) {
      return { file, reason: error instanceof Error ? error.message : String(error) };
    }
  };
  let done = 0;
  try {
    for await (const looked of inOrder(files.entries(), FILES_PER_THREAD * count, look)) {
      yield looked;
      onProgress?.(++done, files.length);
    }
  } finally {
    await threads.close();
  }
}
