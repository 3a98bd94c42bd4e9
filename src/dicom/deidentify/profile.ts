/**
 * @file The Basic Application Level Confidentiality Profile (PS3.15 annex E, table E.1-1) as rules: what happens to an
 * attribute, given the options that retain some.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Options of PS3.15 E.3 that keep what the basic profile takes away. */
export const RETAINABLE = [
  "uids",
  "device",
  "institution",
  "patient-characteristics",
  "full-dates",
  "modified-dates",
] as const;
export type Retainable = (typeof RETAINABLE)[number];
/** With `descriptors`, descriptions keep the words that `descriptor-words.ts` knows (Clean Descriptors). */
export type ProfileOption = Retainable | "descriptors";

/**
 * `remove` the element, `empty` its value, `dummy` value instead, another `uid`, a `shift`ed date, `clean` of all words
 * but harmless ones, `keep`.
 */
export type Action = "remove" | "empty" | "dummy" | "uid" | "shift" | "clean" | "keep";

interface Rule {
  readonly vr: string;
  readonly basic: string;
  /** Option → K or C. */
  readonly options: ReadonlyMap<string, string>;
  readonly name: string;
}

const DATES: ReadonlySet<string> = new Set(["DA", "DT", "TM"]);
const TEXTS: ReadonlySet<string> = new Set(["LO", "LT", "SH", "ST", "UC", "UT"]);
/** Whole groups that go: curves and overlays (drawings that may hold text). */
const isDrawing = (tag: number): boolean => tag >>> 24 === 0x50 || tag >>> 24 === 0x60;
const isPrivate = (tag: number): boolean => ((tag >>> 16) & 1) === 1;

const [, ...lines] = readFileSync(join(import.meta.dirname, "profile.csv"), "utf8")
  .trim()
  .split("\n");
const RULES: ReadonlyMap<number, Rule> = new Map(
  lines.map((line) => {
    const [tag = "", vr = "", basic = "", options = "", name = ""] = line.split(",");
    const pairs = options.split(" ").filter((pair) => pair !== "");
    const byOption = new Map(pairs.map((pair): [string, string] => [pair.slice(0, -2), pair.slice(-1)]));
    return [parseInt(tag, 16), { vr, basic, options: byOption, name }];
  }),
);
const SEQUENCES: ReadonlySet<number> = new Set(
  readFileSync(join(import.meta.dirname, "sequences.txt"), "utf8")
    .trim()
    .split("\n")
    .map((tag) => parseInt(tag, 16)),
);

export const isSequenceTag = (tag: number): boolean => SEQUENCES.has(tag);

/** The attribute's name in the profile, or what it is; "" for one that the profile doesn't name. */
export function profileName(tag: number): string {
  if (isPrivate(tag)) return "Private attributes";
  if (isDrawing(tag)) return tag >>> 24 === 0x50 ? "Curves" : "Overlays";
  return RULES.get(tag)?.name ?? "";
}

/** The value representation in the profile, for data sets that don't say. */
export const profileVr = (tag: number): string => RULES.get(tag)?.vr ?? "";

/**
 * What to do with an attribute. Where the table leaves a choice (X/Z, X/Z/D: it depends on the object's type of the
 * attribute, which is not looked up), the one that keeps every object valid is taken, except that sequences go: an
 * item's codes and names are in no table. An option under which other text would have to be cleaned by a person (C) does not retain it.
 */
export function actionFor(tag: number, chosen: ReadonlySet<ProfileOption>): Action {
  if (isPrivate(tag) || isDrawing(tag)) return "remove";
  const rule = RULES.get(tag);
  if (!rule) return "keep";
  const { basic, options, vr } = rule;
  for (const option of chosen) {
    const action = options.get(option);
    if (action === "K") return "keep";
  }
  for (const option of chosen) {
    const action = options.get(option);
    if (action === "C" && option === "modified-dates" && DATES.has(vr)) return "shift";
    if (action === "C" && option === "descriptors" && TEXTS.has(vr)) return "clean";
  }
  if (basic.includes("U")) return vr === "SQ" ? "keep" : "uid";
  if (vr === "SQ" && basic.includes("X")) return "remove";
  if (basic.includes("D")) return "dummy";
  if (basic.includes("Z")) return "empty";
  return "remove";
}
