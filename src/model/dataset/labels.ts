/**
 * @file Which class an image belongs to, as a CSV says: the RSNA 2019 challenge's long table (`ID_xxx_subtype,0|1`),
 * or any table with a column for the image and one for its class.
 *
 * What the table contradicts itself in, repeats or leaves out is listed and never guessed.
 */
import { createReadStream } from "node:fs";

import { readColumnLabels } from "./column-labels.ts";
import { csvValues, linesOf } from "./csv.ts";
import type { NumberedLine } from "./csv.ts";
import { UnusableLabels } from "./label-table.ts";
import type { LabelOptions, Labels } from "./label-table.ts";
import { isLongHeader, readLongLabels } from "./long-labels.ts";

/**
 * Read a table.
 * @throws UnusableLabels when it has neither the challenge's form nor the columns, or a class wanted is unknown
 */
export async function readLabels(file: string, options: LabelOptions = {}): Promise<Labels> {
  const batches = linesOf(createReadStream(file, { highWaterMark: 1 << 16 }));
  const { first, rest } = await splitFirst(batches);
  if (!first) throw new UnusableLabels(`${file}: expected a table of labels, the file is empty`);
  const header = csvValues(first.text.replace(/^\uFEFF/, ""));
  const named = options.imageColumn !== undefined || options.labelColumn !== undefined;
  return isLongHeader(header) && !named
    ? readLongLabels(file, rest, options)
    : readColumnLabels(file, header, rest, options);
}

/** The first line, and all that follow. */
async function splitFirst(
  batches: AsyncGenerator<readonly NumberedLine[]>,
): Promise<{ first: NumberedLine | undefined; rest: AsyncIterable<readonly NumberedLine[]> }> {
  for (;;) {
    const next = await batches.next();
    if (next.done === true) return { first: undefined, rest: batches };
    const [first, ...others] = next.value;
    if (!first) continue;
    const rest = async function* (): AsyncGenerator<readonly NumberedLine[]> {
      yield others;
      yield* batches;
    };
    return { first, rest: rest() };
  }
}
