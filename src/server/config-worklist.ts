/**
 * @file The configuration's section `worklist`: the reading order, and how long a claim holds.
 */
import { resolve } from "node:path";

import { isText, type Section } from "./config-section.ts";
import { DEFAULT_POLICY_FILE } from "./policy/policy-file.ts";

export interface WorklistConfig {
  /** The policy's file, followed while the server runs. */
  readonly policyFile: string;
  /** A claim ends when its reader was not at the study for so long. */
  readonly claimMinutes: number;
}

const MOST_CLAIM_MINUTES = 7 * 24 * 60;

const isMinutes = (value: unknown): value is number =>
  typeof value === "number" && value > 0 && value <= MOST_CLAIM_MINUTES;

/** @throws ConfigError */
export function parseWorklistConfig(section: Section): WorklistConfig {
  const config = {
    policyFile: resolve(section.take("policy", DEFAULT_POLICY_FILE, "a policy file", isText)),
    claimMinutes: section.take("claimMinutes", 30, "minutes above 0, at most a week", isMinutes),
  };
  section.end("policy, claimMinutes");
  return config;
}
