/**
 * @file The Identifier of a C-FIND (PS3.4 C.4.1.1.3), read: which level, what to match, what to return.
 */
import { decodeText } from "../charset.ts";
import type { Encoding } from "../dataset.ts";
import { DataSet, UnreadableInstance } from "../dataset.ts";
import { PRIVATE, vrOf } from "./dictionary.ts";
import { tagKey } from "./json-model.ts";
import type { Matcher } from "./match.ts";
import { InvalidKey, matcherOf } from "./match.ts";

export const QUERY_LEVELS = ["PATIENT", "STUDY", "SERIES", "IMAGE"] as const;
export type QueryLevel = (typeof QUERY_LEVELS)[number];

/** Where a query begins: the Patient Root or the Study Root information model (PS3.4 C.6). */
export type QueryRoot = "PATIENT" | "STUDY";

export interface Query {
  readonly level: QueryLevel;
  /** What an entity's attributes must be; what everything satisfies is not in it. */
  readonly matchers: ReadonlyMap<string, Matcher>;
  /** What is to be returned: tag → value representation. */
  readonly returned: ReadonlyMap<string, string>;
  /** The values of UID keys, and of PatientID, by tag. */
  readonly unique: ReadonlyMap<string, readonly string[]>;
}

/** An Identifier that does not fit the model: status A900. */
export class IdentifierMismatch extends Error {
  override readonly name = "IdentifierMismatch";
}

/** Unique keys from the top (PS3.4 table C.6-1 and following). */
const UNIQUE_KEYS: Readonly<Record<QueryLevel, string>> = {
  PATIENT: "00100020",
  STUDY: "0020000D",
  SERIES: "0020000E",
  IMAGE: "00080018",
};

/** Part of the question, never of what is matched. */
const NOT_KEYS: ReadonlySet<string> = new Set(["00080005", "00080052", "00080201", PRIVATE.creatorTag]);
const MOST_KEYS = 500;
/** Values of these hold backslashes as text (PS3.5 6.2). */
const SINGLE_VALUED: ReadonlySet<string> = new Set(["LT", "ST", "UR", "UT"]);
const BINARY: ReadonlySet<string> = new Set("FD FL OB OD OF OL OV OW SL SS SV UL US UV AT UN".split(" "));

/**
 * @throws {UnreadableInstance} where the bytes are no data set of the encoding
 * @throws {IdentifierMismatch} where level or unique keys do not fit the model
 * @throws {InvalidKey} where a value cannot be matched by
 */
export function parseIdentifier(bytes: Uint8Array, encoding: Encoding, root: QueryRoot): Query {
  const dataSet = DataSet.read(bytes, 0, encoding);
  const characterSets = dataSet.strings(0x00080005);
  const level = levelOf(dataSet.string(0x00080052), root);
  const isOurs = dataSet.string(0x00090010) === PRIVATE.creator;
  const matchers = new Map<string, Matcher>();
  const returned = new Map<string, string>();
  const unique = new Map<string, readonly string[]>();
  for (const [tag, { vr: written }] of dataSet.elements()) {
    const key = tagKey(tag);
    const isForeign = (tag >>> 16) % 2 === 1 && !(isOurs && key in PRIVATE_TAGS);
    if ((tag & 0xffff) === 0 || NOT_KEYS.has(key) || isForeign) continue;
    if (returned.size >= MOST_KEYS) throw new IdentifierMismatch(`Expected at most ${MOST_KEYS} keys`);
    const vr = written === "" || written === "UN" || vrOf(key) !== "UN" ? vrOf(key) : written;
    returned.set(key, vr);
    if (vr === "SQ" || (BINARY.has(vr) && vr !== "US")) continue;
    const values =
      vr === "US" ? binaryValues(dataSet, tag) : textValues(dataSet.value(tag), vr, characterSets);
    const matcher = matcherOf(vr, values);
    if (matcher) matchers.set(key, matcher);
    if (matcher && Object.values(UNIQUE_KEYS).includes(key)) unique.set(key, values);
  }
  checkHierarchy(level, root, unique);
  return { level, matchers, returned, unique };
}

const PRIVATE_TAGS: Readonly<Record<string, true>> = {
  [PRIVATE.rank]: true,
  [PRIVATE.tier]: true,
  [PRIVATE.reason]: true,
};

function levelOf(text: string, root: QueryRoot): QueryLevel {
  const level = QUERY_LEVELS.find((known) => known === text.toUpperCase());
  if (level === undefined || (level === "PATIENT" && root === "STUDY")) {
    const levels = root === "STUDY" ? QUERY_LEVELS.slice(1) : QUERY_LEVELS;
    throw new IdentifierMismatch(
      `QueryRetrieveLevel: expected ${levels.join(", ")}, got "${text.slice(0, 16)}"`,
    );
  }
  return level;
}

/** Above the level each unique key must have one value (PS3.4 C.4.1.2.1): queries are hierarchical. */
function checkHierarchy(level: QueryLevel, root: QueryRoot, unique: Query["unique"]): void {
  const from = QUERY_LEVELS.indexOf(root);
  for (const above of QUERY_LEVELS.slice(from, QUERY_LEVELS.indexOf(level))) {
    const key = UNIQUE_KEYS[above];
    const values = unique.get(key) ?? [];
    if (values.length !== 1 || /[*?]/.test(values[0] ?? "")) {
      const got = values.length === 0 ? "none" : `${values.length}`;
      throw new IdentifierMismatch(
        `${level} level: expected one value of (${key.slice(0, 4)},${key.slice(4)}), got ${got}`,
      );
    }
  }
}

function textValues(
  bytes: Uint8Array | undefined,
  vr: string,
  characterSets: readonly string[],
): readonly string[] {
  if (bytes === undefined || bytes.length === 0) return [];
  const text = decodeText(bytes, characterSets).replaceAll("\0", "");
  return (SINGLE_VALUED.has(vr) ? [text] : text.split("\\"))
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

function binaryValues(dataSet: DataSet, tag: number): readonly string[] {
  const value = dataSet.uint16(tag);
  return value === null ? [] : [String(value)];
}

/** Whether an error says that the question is wrong, not that answering failed. */
export const isBadQuery = (error: unknown): error is Error =>
  error instanceof UnreadableInstance || error instanceof IdentifierMismatch || error instanceof InvalidKey;
