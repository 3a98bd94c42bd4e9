/**
 * @file One object of a configuration file, taken member by member: what is wrong or misspelt is named.
 */

/** The configuration is wrong: where, what was expected, what came. */
export class ConfigError extends Error {
  constructor(where: string, expected: string, got: unknown) {
    super(`Configuration: ${where}: expected ${expected}, got ${JSON.stringify(got) ?? "nothing"}.`);
    this.name = "ConfigError";
  }
}

/** A JSON object whose members are taken one by one; what is left over was misspelt. */
export class Section {
  readonly #where: string;
  readonly #left: Map<string, unknown>;

  constructor(where: string, value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ConfigError(where || "the whole", "an object", value);
    }
    this.#where = where;
    this.#left = new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  }

  /** Take a member: its default when absent, otherwise what `check` accepts. */
  take<T>(name: string, fallback: T, expected: string, check: (value: unknown) => value is T): T {
    const value = this.#left.get(name);
    if (!this.#left.delete(name)) return fallback;
    if (!check(value)) throw new ConfigError(this.path(name), expected, value);
    return value;
  }

  section(name: string): Section {
    const value = this.#left.get(name) ?? {};
    this.#left.delete(name);
    return new Section(this.path(name), value);
  }

  path(name: string): string {
    return this.#where === "" ? name : `${this.#where}.${name}`;
  }

  /** @throws ConfigError when a member is none that we know. */
  end(known: string): void {
    for (const name of this.#left.keys()) {
      throw new ConfigError(this.path(name), `one of ${known}`, name);
    }
  }
}

export const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
