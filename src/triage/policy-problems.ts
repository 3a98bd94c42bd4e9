/**
 * @file What is wrong with a policy, all of it at once: where, what was expected, what came.
 */

/** Keys and indices from the top of the document. */
export type PolicyPath = readonly (string | number)[];

export interface PolicyProblem {
  readonly path: PolicyPath;
  readonly message: string;
}

/** "rules[0].when.StudyDescription"; "the policy" for the whole. */
export function pathText(path: PolicyPath): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return text === "" ? "the policy" : text.replace(/^\./, "");
}

/** A policy that cannot be used. */
export class PolicyError extends Error {
  readonly problems: readonly PolicyProblem[];

  /** @param problems at least one */
  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(({ path, message }) => `${pathText(path)}: ${message}`).join("\n"));
    this.name = "PolicyError";
    this.problems = problems;
  }
}

const MOST_SHOWN = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Gathers problems while a document is read, so that one look tells all. */
export class ProblemList {
  readonly problems: PolicyProblem[] = [];

  add(path: PolicyPath, message: string): void {
    this.problems.push({ path, message });
  }

  expected(path: PolicyPath, what: string, got: unknown): void {
    this.add(path, `expected ${what}, got ${shown(got)}`);
  }

  /** The members of an object; empty, with the problem noted, when it is none. Absent counts as empty. */
  members(path: PolicyPath, value: unknown, what: string): ReadonlyMap<string, unknown> {
    if (value === undefined) return new Map();
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.expected(path, what, value);
      return new Map();
    }
    return new Map(Object.entries(value));
  }

  /** Notes every member that is none of the known ones. */
  refuseOthers(path: PolicyPath, members: ReadonlyMap<string, unknown>, known: readonly string[]): void {
    for (const [name, value] of members) {
      if (!known.includes(name))
        this.add([...path, name], `expected one of ${known.join(", ")}, got "${name}"`);
      else if (value === null) this.expected([...path, name], "a value", value);
    }
  }

  /** The items of a list; none, with the problem noted, when it is none. Absent counts as empty. */
  list(path: PolicyPath, value: unknown, what: string): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly unknown[];
    this.expected(path, what, value);
    return [];
  }

  /** One of a few words, or null with the problem noted. */
  word<Word extends string>(path: PolicyPath, value: unknown, words: readonly Word[]): Word | null {
    const found = words.find((word) => word === value);
    if (found === undefined) this.expected(path, `one of ${words.join(", ")}`, value);
    return found ?? null;
  }

  /** A word, or a list of words with at least one. */
  words<Word extends string>(path: PolicyPath, value: unknown, words: readonly Word[]): readonly Word[] {
    if (!Array.isArray(value)) return [this.word(path, value, words)].flatMap((word) => word ?? []);
    if (value.length === 0) this.expected(path, `at least one of ${words.join(", ")}`, value);
    return value.flatMap((each: unknown, i) => this.word([...path, i], each, words) ?? []);
  }
}
