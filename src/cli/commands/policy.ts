/**
 * @file `firstread policy`: check a policy's file, and say why a study stands where it stands.
 */
import { existsSync } from "node:fs";

import { Option, type Command } from "commander";

import type { Policy, PolicyInUse } from "../../domain/policy.ts";
import { PATIENT_CLASSES, type PatientClass } from "../../domain/study.ts";
import {
  DEFAULT_POLICY_FILE,
  PolicyFileError,
  policyVersion,
  readPolicyFile,
} from "../../server/policy/policy-file.ts";
import { explainPriority, type PriorityExplained } from "../../triage/explain.ts";
import { policyWarnings } from "../../triage/parse-policy.ts";
import { durationText } from "../../triage/duration.ts";
import { EXIT_FAILED } from "../exit-codes.ts";
import { notNegative, probability } from "../option-values.ts";
import { subjectOnServer, subjectsOfFiles, type Subject } from "../policy/subject.ts";
import { DEFAULT_SERVER, getJson } from "../server-client.ts";

interface JsonFlag {
  readonly json?: true;
}

interface ExplainFlags extends JsonFlag {
  readonly policy?: string;
  readonly server: string;
  readonly probability?: number;
  readonly patientClass: PatientClass;
  readonly waited: number;
}

async function check(file: string, { json }: JsonFlag): Promise<void> {
  try {
    const policy = await readPolicyFile(file);
    const [version, warnings] = [policyVersion(policy), policyWarnings(policy)];
    if (json) return console.log(JSON.stringify({ file, valid: true, version, warnings, problems: [] }));
    console.log(`${file}: ${version}, ${policy.rules.length} rules`);
    for (const warning of warnings) console.log(`  mind: ${warning}`);
  } catch (error) {
    if (!(error instanceof PolicyFileError)) throw error;
    process.exitCode = EXIT_FAILED;
    const { problems } = error;
    if (json)
      return console.log(JSON.stringify({ file, valid: false, version: null, warnings: [], problems }));
    console.error(error.message);
  }
}

/** The policy to explain by: a file's, else the server's own, else the one that ships. */
async function policyFor(file: string | undefined, server: string | null): Promise<[Policy, string]> {
  if (file === undefined && server !== null) {
    const { policy, version } = await getJson<PolicyInUse>(server, "/api/policy");
    return [policy, version];
  }
  const policy = await readPolicyFile(file ?? DEFAULT_POLICY_FILE);
  return [policy, policyVersion(policy)];
}

async function explain(studies: readonly string[], flags: ExplainFlags): Promise<void> {
  const areFiles = studies.every((study) => existsSync(study));
  const [policy, version] = await policyFor(flags.policy, areFiles ? null : flags.server);
  const supposed = {
    ...{ probability: flags.probability ?? null, patientClass: flags.patientClass, waitedMin: flags.waited },
  };
  const subjects: Subject[] = areFiles ? await subjectsOfFiles(studies, supposed) : [];
  if (!areFiles) for (const study of studies) subjects.push(await subjectOnServer(flags.server, study));
  for (const { item, nowMs } of subjects) {
    const explained = explainPriority(item, policy, nowMs);
    const { studyInstanceUid } = item;
    if (flags.json) console.log(JSON.stringify({ studyInstanceUid, policy: version, ...explained }));
    else console.log(`${studyInstanceUid}, by ${version}\n${inWords(explained)}`);
  }
}

const yes = (holds: boolean): string => (holds ? "yes" : "no ");

function inWords(explained: PriorityExplained): string {
  const { tier, reason, ordered, rules, withoutFinding, withFinding, waitedMin, promotions } = explained;
  const ruleLines = rules.map((rule) => {
    const conditions = rule.conditions.map(({ text, holds }) => `${text}: ${holds ? "yes" : "no"}`);
    const does = rule.effect === "lift" ? "at least" : "at most";
    const mark = rule.decides ? "  <- decides" : "";
    return `  ${yes(rule.holds)} ${rule.name}: ${does} ${rule.tier} (${conditions.join("; ")})${mark}`;
  });
  const waits = promotions.map(({ afterMin, toTier, reached }) => {
    return `  ${yes(reached)} waiting over ${durationText(afterMin)}: ${toTier}`;
  });
  return [
    `  ${tier}: ${reason}`,
    `  the order: ${ordered.tier} (${ordered.by})`,
    ...ruleLines,
    `  without the finding ${withoutFinding}, with it ${withFinding}; waited ${durationText(waitedMin)}`,
    ...waits,
    explained.changesAt === null
      ? "  waiting changes nothing more"
      : `  waiting changes it at ${explained.changesAt}`,
  ].join("\n");
}

export function configure(command: Command): void {
  command
    .command("check")
    .description(
      "check a policy's file: every problem, with line and column (exit code 1), or what it will be called",
    )
    .argument("<file>", "YAML")
    .option("--json", "print the result as JSON")
    .action(check);
  command
    .command("explain")
    .description("why a study stands where it stands: every rule, and whether it holds")
    .argument(
      "<study...>",
      "DICOM files or folders, explained as if they had just arrived; or, on the running server, Study Instance " +
        "UIDs or accession numbers",
    )
    .option(
      "--policy <file>",
      "explain by this policy (default: the server's own; for files the one that ships)",
    )
    .option("--server <url>", "the running server", DEFAULT_SERVER)
    .option("--probability <p>", "for files: suppose this finding; 0.5 and more is flagged", probability)
    .addOption(
      new Option("--patient-class <class>", "for files: suppose this class")
        .choices(PATIENT_CLASSES)
        .default("unknown"),
    )
    .option("--waited <minutes>", "for files: suppose they arrived so long ago", notNegative, 0)
    .option("--json", "print one JSON line a study")
    .action(explain);
}
