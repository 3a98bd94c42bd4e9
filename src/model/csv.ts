/**
 * @file Comma-separated tables (RFC 4180): the first line names the columns.
 */

/** A table that cannot be read; the message says which line. */
export class CsvError extends Error {
  override readonly name = "CsvError";
}

/** The fields of each line. Quoted fields may hold commas, line ends and doubled quotes. */
function fieldsOf(text: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted] = [[] as string[], "", false];
  const endRow = (): void => {
    row.push(field);
    if (row.length > 1 || field !== "") rows.push(row);
    [row, field] = [[], ""];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[++i] ?? "";
      else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ",") [row, field] = [[...row, field], ""];
    else if (character === "\n") endRow();
    else if (character !== "\r") field += character;
  }
  if (quoted) throw new CsvError(`line ${rows.length + 1}: a quoted field does not end`);
  endRow();
  return rows;
}

export interface CsvTable {
  /** In lower case, without spaces around them. */
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/**
 * A table from its text.
 * @param needed columns it must have
 * @throws CsvError for a missing column, or a line with another number of fields
 */
export function parseCsv(text: string, needed: readonly string[]): CsvTable {
  const [header = [], ...lines] = fieldsOf(text.replace(/^\uFEFF/, ""));
  const columns = header.map((name) => name.trim().toLowerCase());
  for (const name of needed) {
    if (!columns.includes(name)) {
      throw new CsvError(`expected the columns ${needed.join(", ")}; line 1 has "${header.join(",")}"`);
    }
  }
  const rows = lines.map((fields, index) => {
    if (fields.length !== columns.length) {
      const got = `got ${fields.length}`;
      throw new CsvError(`line ${index + 2}: expected ${columns.length} fields, ${got}`);
    }
    return Object.fromEntries(columns.map((name, i) => [name, (fields[i] ?? "").trim()]));
  });
  return { columns, rows };
}
