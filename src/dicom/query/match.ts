/**
 * @file Attribute matching (PS3.4 C.2.2.2): single value, list of UIDs, wildcard, range; by value representation.
 *
 * Upper and lower case are told apart, but in names (PN), where the standard lets the answerer choose. A date or
 * a time of less precision stands for all of its interval. Universal matching is the absence of a matcher.
 */
import type { DicomElement, DicomValue } from "../../domain/dicom-json.ts";
import { nameGroups, plainText } from "./json-model.ts";

/** Whether an element (undefined: absent) is what was asked for. */
export type Matcher = (element: DicomElement | undefined) => boolean;

/** A value that cannot be matched by: what was expected, what came. */
export class InvalidKey extends Error {
  override readonly name = "InvalidKey";
}

/** PS3.4 C.2.2.2.4: the representations in which `*` and `?` are wild. */
const WILD: ReadonlySet<string> = new Set("AE CS LO LT PN SH ST UC UR UT".split(" "));
const NUMBERS: ReadonlySet<string> = new Set("DS FD FL IS SL SS SV UL US UV".split(" "));
const LONGEST_KEY_CHARACTERS = 1024;

/**
 * What a key asks for; null: everything (universal matching). Of several values any will do.
 * @throws {InvalidKey} for a date, a time, a number or a UID that is none
 */
export function matcherOf(vr: string, values: readonly string[]): Matcher | null {
  const asked = values.map((value) => value.trim()).filter((value) => value !== "");
  if (asked.length === 0 || (WILD.has(vr) && asked.some((value) => /^\*+$/.test(value)))) return null;
  const tooLong = asked.find((value) => value.length > LONGEST_KEY_CHARACTERS);
  if (tooLong !== undefined) {
    throw new InvalidKey(`Expected at most ${LONGEST_KEY_CHARACTERS} characters, got ${tooLong.length}`);
  }
  const tests = asked.map((value) => valueTest(vr, value));
  return (element) => element?.Value?.some((value) => tests.some((test) => test(value))) ?? false;
}

type ValueTest = (value: DicomValue) => boolean;

function valueTest(vr: string, asked: string): ValueTest {
  if (vr === "PN") return nameTest(asked);
  if (vr === "UI") return uidTest(asked);
  if (vr === "DA" || vr === "TM" || vr === "DT") return intervalTest(vr, asked);
  if (NUMBERS.has(vr)) return numberTest(asked);
  const isWild = WILD.has(vr) && /[*?]/.test(asked);
  return (value) => {
    const text = plainText(value).trim();
    return isWild ? matchesWildcard(text, asked) : text === asked;
  };
}

function uidTest(asked: string): ValueTest {
  if (!/^[\d.]{1,64}$/.test(asked)) throw new InvalidKey(`Expected a UID, got "${asked.slice(0, 70)}"`);
  return (value) => value === asked;
}

function numberTest(asked: string): ValueTest {
  const number = Number(asked);
  if (!Number.isFinite(number)) throw new InvalidKey(`Expected a number, got "${asked.slice(0, 20)}"`);
  return (value) => typeof value !== "object" && Number(value) === number;
}

/** Trailing separators of empty components mean nothing (PS3.5 6.2.1). */
const plainName = (name: string): string =>
  name
    .trim()
    .replace(/[\^ ]+$/, "")
    .normalize("NFC")
    .toLowerCase();

/** Group by group where the key has several; else any group of the name will do. */
function nameTest(asked: string): ValueTest {
  const groups = asked.split("=").map(plainName);
  const isLike = (name: string, pattern: string): boolean => matchesWildcard(plainName(name), pattern);
  return (value) => {
    const name = nameGroups(value);
    const [only = ""] = groups;
    if (groups.length === 1) return name.some((group) => group.trim() !== "" && isLike(group, only));
    return groups.every((group, i) => group === "" || isLike(name[i] ?? "", group));
  };
}

/**
 * Whether all of the text is like the pattern. Goes back only to the last `*`, so that no pattern takes more
 * steps than text × pattern.
 */
export function matchesWildcard(text: string, pattern: string): boolean {
  const characters = Array.from(text);
  const wanted = Array.from(pattern);
  let at = 0;
  let next = 0;
  let star = -1;
  let mark = 0;
  while (at < characters.length) {
    if (wanted[next] === "*") {
      star = next++;
      mark = at;
    } else if (next < wanted.length && (wanted[next] === "?" || wanted[next] === characters[at])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      next = star + 1;
      at = ++mark;
    } else return false;
  }
  while (wanted[next] === "*") next += 1;
  return next === wanted.length;
}

/** Inclusive; as text or numbers that compare in order of time. */
interface Interval {
  readonly first: string | number;
  readonly last: string | number;
}

const PARSERS: Readonly<Record<"DA" | "TM" | "DT", (text: string) => Interval | null>> = {
  DA: dateInterval,
  TM: timeInterval,
  DT: instantInterval,
};

function intervalTest(vr: "DA" | "TM" | "DT", asked: string): ValueTest {
  const parse = PARSERS[vr];
  const { first, last } = askedInterval(asked, parse) ?? fail(vr, asked);
  return (value) => {
    const at = parse(plainText(value))?.first;
    return at !== undefined && at >= first && at <= last;
  };
}

function askedInterval(asked: string, parse: (text: string) => Interval | null): Interval | null {
  const single = parse(asked);
  if (single) return single;
  // A hyphen may also begin the offset of a DT: each is tried as the range's.
  for (let hyphen = asked.indexOf("-"); hyphen >= 0; hyphen = asked.indexOf("-", hyphen + 1)) {
    const [from, to] = [asked.slice(0, hyphen).trim(), asked.slice(hyphen + 1).trim()];
    const [start, end] = [from === "" ? null : parse(from), to === "" ? null : parse(to)];
    if ((from !== "" && !start) || (to !== "" && !end) || (!start && !end)) continue;
    const isText = typeof (start ?? end)?.first === "string";
    return {
      first: start?.first ?? (isText ? "" : Number.NEGATIVE_INFINITY),
      last: end?.last ?? (isText ? "~" : Number.POSITIVE_INFINITY),
    };
  }
  return null;
}

function fail(vr: string, asked: string): never {
  throw new InvalidKey(`Expected a ${vr} or a range of two, got "${asked.slice(0, 40)}"`);
}

/** "20260301", also "2026.03.01" of ACR-NEMA. */
function dateInterval(text: string): Interval | null {
  const match = /^(\d{4})\.?(0[1-9]|1[0-2])\.?(0[1-9]|[12]\d|3[01])$/.exec(text.trim());
  const day = match?.slice(1).join("");
  return day === undefined ? null : { first: day, last: day };
}

/** HH[MM[SS[.F…]]], also with colons, as 12 digits. */
function timeInterval(text: string): Interval | null {
  const match = /^([01]\d|2[0-3])(?::?([0-5]\d)(?::?([0-5]\d|60)(?:\.(\d{1,6}))?)?)?$/.exec(text.trim());
  if (!match) return null;
  const [, hours = "", minutes, seconds, fraction] = match;
  return {
    first: hours + (minutes ?? "00") + (seconds ?? "00") + (fraction ?? "").padEnd(6, "0"),
    last: hours + (minutes ?? "59") + (seconds ?? "59") + (fraction ?? "").padEnd(6, "9"),
  };
}

const DT = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?$/;

/** YYYY[MM[DD[HH[MM[SS[.F…]]]]]][±ZZXX] as milliseconds since 1970; without offset by this machine's zone. */
function instantInterval(text: string): Interval | null {
  const match = DT.exec(text.trim());
  if (!match) return null;
  const [, year = "", month, day, hours, minutes, seconds, fraction, offset] = match;
  const at = (end: boolean): number => {
    const lastDay = new Date(Date.UTC(Number(year), Number(month ?? 12), 0)).getUTCDate();
    const parts = end ? ["12", String(lastDay), "23", "59", "59"] : ["01", "01", "00", "00", "00"];
    const [mm, dd, hh, mi, ss] = [month, day, hours, minutes, seconds].map(
      (part, i) => part ?? parts[i] ?? "",
    );
    const milliseconds = (fraction ?? "").padEnd(3, end ? "9" : "0").slice(0, 3);
    const zone = offset === undefined ? "" : `${offset.slice(0, 3)}:${offset.slice(3)}`;
    return Date.parse(`${year}-${mm}-${dd}T${hh}:${mi}:${ss}.${milliseconds}${zone}`);
  };
  const [first, last] = [at(false), at(true)];
  return Number.isNaN(first) || Number.isNaN(last) ? null : { first, last };
}
