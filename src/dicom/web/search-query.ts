/**
 * @file The query of a search transaction (PS3.18 8.3.4): attributes to match, what to include, which page.
 */
import type { DicomObject } from "../../domain/dicom-json.ts";
import { attributeNamed, vrOf } from "../query/dictionary.ts";
import type { Matcher } from "../query/match.ts";
import { InvalidKey, matcherOf } from "../query/match.ts";

export interface SearchQuery {
  /** Path of tags into sequences, the last the attribute itself; what everything satisfies is left out. */
  readonly filters: readonly { readonly path: readonly string[]; readonly matches: Matcher }[];
  /** Tags; null: all that there is. */
  readonly include: ReadonlySet<string> | null;
  readonly offset: number;
  /** null: as many as we are ready to give. */
  readonly limit: number | null;
  readonly wantsFuzzy: boolean;
}

const MOST_PARAMETERS = 100;

/**
 * @throws {InvalidKey} for an attribute that is not known, a value that cannot be matched by, a page that is none
 */
export function parseSearchQuery(parameters: URLSearchParams): SearchQuery {
  const filters: { path: readonly string[]; matches: Matcher }[] = [];
  const include = new Set<string>();
  let isAll = false;
  let offset = 0;
  let limit: number | null = null;
  let wantsFuzzy = false;
  if (parameters.size > MOST_PARAMETERS)
    throw new InvalidKey(`Expected at most ${MOST_PARAMETERS} parameters`);
  for (const [name, value] of parameters) {
    if (name === "offset") offset = wholeNumber(name, value);
    else if (name === "limit") limit = wholeNumber(name, value);
    else if (name === "fuzzymatching") wantsFuzzy = value === "true";
    else if (name === "includefield") {
      for (const field of value.split(",")) {
        if (field === "all") isAll = true;
        else include.add(tagNamed(field.split(".")[0] ?? ""));
      }
    } else {
      const path = name.split(".").map(tagNamed);
      // A list of UIDs is written with commas (PS3.18 8.3.4.1), or with backslashes as in a data set.
      const vr = vrOf(path.at(-1) ?? "");
      const matches = matcherOf(vr, vr === "UI" ? value.split(/[,\\]/) : [value]);
      if (matches) filters.push({ path, matches });
      include.add(path[0] ?? "");
    }
  }
  return { filters, include: isAll ? null : include, offset, limit, wantsFuzzy };
}

/** Whether an entity is what is searched: in a sequence any of its items will do. */
export const isFound = (entity: DicomObject, { filters }: Pick<SearchQuery, "filters">): boolean =>
  filters.every(({ path, matches }) => matchesAt(entity, path, matches));

function matchesAt(object: DicomObject, path: readonly string[], matches: Matcher): boolean {
  const [tag = "", ...rest] = path;
  if (rest.length === 0) return matches(object[tag]);
  return (object[tag]?.Value ?? []).some(
    (item) => typeof item === "object" && matchesAt(item as DicomObject, rest, matches),
  );
}

function tagNamed(name: string): string {
  const known = attributeNamed(name);
  if (known) return known.tag;
  if (/^[0-9A-Fa-f]{8}$/.test(name)) return name.toUpperCase();
  throw new InvalidKey(
    `Expected an attribute's keyword or its tag as 8 hex digits, got "${name.slice(0, 64)}"`,
  );
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidKey(`${name}: expected a whole number, got "${text.slice(0, 20)}"`);
  return Number(text);
}
