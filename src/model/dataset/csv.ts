/**
 * @file Comma-separated values (RFC 4180), line by line, so that a file of millions of rows never stands in memory.
 * A value may be quoted; a line break inside quotes is not supported, since no label file has one.
 */

/** A line and its number, counted from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** The lines of a text that comes in pieces, without their ends; empty lines and a byte-order mark left out. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<readonly NumberedLine[]> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let number = 0;
  const numbered = (lines: readonly string[]): NumberedLine[] => {
    const result: NumberedLine[] = [];
    for (const line of lines) {
      number += 1;
      const text = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (text !== "") result.push({ number, text });
    }
    return result;
  };
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield numbered(lines);
  }
  yield numbered([rest + decoder.decode()]);
}

/** The values of one line, trimmed; doubled quotes inside a quoted value stand for one. */
export function csvValues(line: string): string[] {
  if (!line.includes('"')) return line.split(",").map((value) => value.trim());
  const values: string[] = [];
  let value = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i] ?? "";
    if (letter === '"' && quoted && line[i + 1] === '"') {
      value += '"';
      i += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) {
      values.push(value.trim());
      value = "";
    } else value += letter;
  }
  values.push(value.trim());
  return values;
}
