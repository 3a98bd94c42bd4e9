/**
 * @file `firstread simulate --log FILE` and `--server URL`: what a department has read, under another policy.
 */
import { readFile } from "node:fs/promises";

import { DEFAULT_POLICY_FILE, policyVersion, readPolicyFile } from "../../server/policy/policy-file.ts";
import { groupWaits } from "../../triage/queueing/replay-groups.ts";
import { byPolicy, firstCome, replayLog } from "../../triage/queueing/replay.ts";
import { getText } from "../server-client.ts";
import { parseLog } from "./log-csv.ts";
import type { SimulateOptions } from "./options.ts";
import { percent, printRows } from "./table.ts";

/** Where a server exports its history. */
const HISTORY = "/api/dashboard/history.csv";

async function readLog({ log, server, threshold, readingDefault }: SimulateOptions) {
  const name = log ?? server ?? "";
  const text = log !== undefined ? await readFile(log, "utf8") : await getText(name, HISTORY);
  return parseLog(text, name, { threshold, readingMin: readingDefault ?? null });
}

export async function simulateLog(options: SimulateOptions): Promise<void> {
  const { radiologists } = options;
  const policy = await readPolicyFile(options.policy ?? DEFAULT_POLICY_FILE);
  const studies = await readLog(options);
  const groups = groupWaits({
    studies,
    fifoMin: replayLog(studies, radiologists, firstCome),
    policyMin: replayLog(studies, radiologists, byPolicy(policy)),
  });
  const version = policyVersion(policy);
  if (options.json) {
    console.log(JSON.stringify({ studies: studies.length, radiologists, policy: version, groups }));
    return;
  }
  console.log(
    `${studies.length} studies, ${radiologists} at a time, by ${version}: minutes from arrival to opening`,
  );
  printRows(
    "",
    [
      "studies",
      "log: mean",
      "fifo: mean",
      "fifo: 95th",
      "policy mean",
      "95th",
      "worst",
      "later",
      "95th later",
    ],
    groups.map(({ group, logged, fifo, policy: after, delay }) => [
      group,
      [
        String(delay.count),
        ...[logged?.meanMin, fifo.meanMin, fifo.p95Min, after.meanMin, after.p95Min, after.worstMin],
        percent(delay.laterShare),
        delay.laterP95Min,
      ],
    ]),
  );
}
