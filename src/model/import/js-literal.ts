/**
 * @file Data written as a JavaScript literal (minified bundles): read without running any of it.
 *
 * Objects with bare or quoted keys, lists, numbers, strings without exotic escapes, `null`, `true`, `false`, `!0`,
 * `!1`, `void 0`. Anything else is refused.
 */
import { UnreadableWeights } from "./gguf.ts";

const WORDS: readonly (readonly [word: string, value: unknown])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["!0", true],
  ["!1", false],
  ["void 0", null],
];

class LiteralReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  read(): unknown {
    this.#skipSpace();
    const character = this.#text[this.#at];
    if (character === "{") return this.#object();
    if (character === "[") return this.#list();
    if (character === '"' || character === "'") return this.#string(character);
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = Number(this.#match(/-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y, "a value"));
    return number;
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at++;
    while (!this.#take("}")) {
      if (entries.length > 0) this.#expect(",");
      this.#skipSpace();
      const quote = this.#text[this.#at];
      const key = quote === '"' || quote === "'" ? this.#string(quote) : this.#match(/[\w$]+/y, "a key");
      this.#expect(":");
      entries.push([key, this.read()]);
    }
    return Object.fromEntries(entries);
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (!this.#take("]")) {
      if (items.length > 0) this.#expect(",");
      items.push(this.read());
    }
    return items;
  }

  #string(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1);
    const text = this.#text.slice(this.#at + 1, end);
    if (end < 0 || text.includes("\\")) this.#fail("a string without escapes");
    this.#at = end + 1;
    return text;
  }

  #match(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return this.#fail(expected);
    this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`"${character}"`);
  }

  #fail(expected: string): never {
    const got = this.#text.slice(this.#at, this.#at + 20);
    throw new UnreadableWeights(`expected ${expected} at character ${this.#at}, got ${JSON.stringify(got)}`);
  }
}

/** The literal at `start` of a text. @throws UnreadableWeights where it is none */
export function readLiteral(text: string, start = 0): unknown {
  return new LiteralReader(text, start).read();
}

/** What a CommonJS bundle of one module exports: the literal after its first `.exports=` of one. */
export function readExportedLiteral(text: string): unknown {
  const match = /\.exports\s*=\s*(?=["'{[])/.exec(text);
  if (!match) throw new UnreadableWeights("the script exports no literal");
  return readLiteral(text, match.index + match[0].length);
}
