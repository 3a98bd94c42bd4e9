/**
 * @file The policy that ranks, kept as its file has it.
 *
 * The file is looked at twice a second by what `stat` says, which survives editors that write another file and
 * rename it, links that are switched, and network drives; what is looked at is taken once it has rested for one
 * look. A file that cannot be used never replaces the policy that ranks: the log, the page and `/readyz` say why.
 */
import { stat } from "node:fs/promises";

import type { Kysely } from "kysely";

import type { Policy, PolicyInUse } from "../../domain/policy.ts";
import { lastPolicyUse, recordPolicyUse, type PolicyUse } from "../../store/policy-uses.ts";
import type { Database } from "../../store/schema.ts";
import { errorText, type Log } from "../log.ts";
import { policyVersion, readPolicyFile } from "./policy-file.ts";

const LOOK_MS = 500;

export interface PolicyServiceOptions {
  readonly file: string;
  readonly db: Kysely<Database>;
  readonly log: Log;
  /** Told of another policy, and of a problem that came or went. */
  readonly onChange: (inUse: PolicyInUse) => void;
}

export class PolicyService {
  readonly #options: PolicyServiceOptions;
  #inUse: PolicyInUse;
  /** What the file looked like when it was last read, and at the last look. */
  #read: string;
  #seen: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: PolicyServiceOptions, inUse: PolicyInUse, signature: string) {
    this.#options = options;
    this.#inUse = inUse;
    this.#read = signature;
    this.#seen = signature;
    this.#rest();
  }

  /**
   * Begin with what the file says; where it cannot be used, with the policy that ranked last on this database.
   * @throws Error when the file cannot be used and none ever ranked
   */
  static async open(options: PolicyServiceOptions): Promise<PolicyService> {
    const { file, db, log } = options;
    const signature = await signatureOf(file);
    try {
      const policy = await readPolicyFile(file);
      const use = await recordPolicyUse(db, { policy, version: policyVersion(policy) });
      return new PolicyService(options, toInUse({ ...use, policy }, ""), signature);
    } catch (error) {
      const last = await lastPolicyUse(db);
      if (!last) throw error;
      log("error", "the policy file cannot be used: the policy that ranked last goes on", {
        version: last.version,
        reason: errorText(error),
      });
      return new PolicyService(options, toInUse(last, messageOf(error)), signature);
    }
  }

  get inUse(): PolicyInUse {
    return this.#inUse;
  }

  get policy(): Policy {
    return this.#inUse.policy;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #rest(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error: unknown) =>
          this.#options.log("error", "the policy file was not looked at", { reason: errorText(error) }),
        )
        .finally(() => this.#rest());
    }, LOOK_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const signature = await signatureOf(this.#options.file);
    const isAtRest = signature === this.#seen;
    this.#seen = signature;
    if (!isAtRest || signature === this.#read) return;
    await this.#take();
    this.#read = signature;
  }

  async #take(): Promise<void> {
    const { file, db, log } = this.#options;
    let policy: Policy;
    try {
      policy = await readPolicyFile(file);
    } catch (error) {
      log("error", "the policy file cannot be used: the policy that ranks goes on", {
        version: this.#inUse.version,
        reason: errorText(error),
      });
      return this.#change({ ...this.#inUse, problem: messageOf(error) });
    }
    const version = policyVersion(policy);
    const use = await recordPolicyUse(db, { policy, version });
    if (version !== this.#inUse.version) log("info", "another policy ranks", { version });
    this.#change(toInUse({ ...use, policy }, ""));
  }

  #change(next: PolicyInUse): void {
    const { version, problem } = this.#inUse;
    // The same rules keep their identity: what was decided by them stands.
    this.#inUse = next.version === version ? { ...this.#inUse, problem: next.problem } : next;
    if (next.version !== version || next.problem !== problem) this.#options.onChange(this.#inUse);
  }
}

const toInUse = ({ policy, version, at }: PolicyUse, problem: string): PolicyInUse => ({
  ...{ policy, version, since: at.toISOString(), problem },
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What tells one content of the file from another; "" while there is none. */
async function signatureOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}` : "";
}
