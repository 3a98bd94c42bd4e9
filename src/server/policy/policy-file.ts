/**
 * @file A policy from its file: YAML (or JSON, which is YAML), with line and column for all that is wrong.
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { isNode, isPair, isMap, LineCounter, parseDocument, type Document } from "yaml";

import type { Policy } from "../../domain/policy.ts";
import { parsePolicy } from "../../triage/parse-policy.ts";
import { pathText, PolicyError, type PolicyPath } from "../../triage/policy-problems.ts";

/** The policy that ships. */
export const DEFAULT_POLICY_FILE = join(import.meta.dirname, "..", "..", "..", "policies", "default.yaml");

/** No department's policy is longer; a file that is, is another one by mistake. */
const MOST_BYTES = 256 * 1024;
/** Aliases (`*name`) that a document may unfold: enough for any policy, too few for a bomb. */
const MOST_ALIASES = 100;

export interface PlacedProblem {
  /** From 1; null where the whole file is meant. */
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

/** A policy file that cannot be used: every problem, with its place. */
export class PolicyFileError extends Error {
  readonly problems: readonly PlacedProblem[];

  constructor(file: string, problems: readonly PlacedProblem[], options?: ErrorOptions) {
    const name = basename(file);
    const lines = problems.map(({ line, column, message }) => {
      return line === null ? `${name}: ${message}` : `${name}:${line}:${column ?? 1}: ${message}`;
    });
    super(lines.join("\n"), options);
    this.name = "PolicyFileError";
    this.problems = problems;
  }
}

/** The name, and the first digits of the SHA-256 of what the policy says: comments and layout do not count. */
export function policyVersion(policy: Policy): string {
  const digest = createHash("sha256").update(JSON.stringify(policy)).digest("hex");
  return `${policy.name}@${digest.slice(0, 8)}`;
}

/** @throws PolicyFileError */
export async function readPolicyFile(file: string): Promise<Policy> {
  const unreadable = (cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new PolicyFileError(file, [{ line: null, column: null, message: `cannot be read: ${why}` }], {
      cause,
    });
  };
  const { size } = await stat(file).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  if (size > MOST_BYTES) throw unreadable(new Error(`expected at most ${MOST_BYTES} bytes, got ${size}`));
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unreadable(cause);
  });
  return parsePolicyText(text, file);
}

/**
 * A policy from YAML text.
 *
 * @param file its name, for the messages
 * @throws PolicyFileError
 */
export function parsePolicyText(text: string, file: string): Policy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Pick<PlacedProblem, "line" | "column"> => {
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  if (document.errors.length > 0) {
    throw new PolicyFileError(
      file,
      document.errors.map(({ pos, message }) => ({ ...at(pos[0]), message: `not YAML: ${message}` })),
    );
  }
  try {
    return parsePolicy(document.toJS({ maxAliasCount: MOST_ALIASES }));
  } catch (error) {
    if (!(error instanceof PolicyError)) {
      const message = error instanceof Error ? error.message : String(error);
      throw new PolicyFileError(file, [{ line: null, column: null, message }], { cause: error });
    }
    const problems = error.problems
      .map(({ path, message }) => ({
        offset: offsetOf(document, path),
        text: `${pathText(path)}: ${message}`,
      }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, text }) => ({ ...at(offset), message: text }));
    throw new PolicyFileError(file, problems, { cause: error });
  }
}

/** Where a path stands: its key where it has one, else its value; the nearest above it where it is absent. */
function offsetOf(document: Document, path: PolicyPath): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isNode(key) && key.toJSON() === last);
      if (isPair(pair) && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
