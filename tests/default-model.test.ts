/** The model that ships, on real head CTs that no part of its training or its threshold has seen. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

import { evaluateExams } from "../scripts/default-model/evaluate.ts";
import type { StudyFinding } from "../src/domain/finding.ts";

const root = join(import.meta.dirname, "..");
const data = process.env["FIRSTREAD_DATA"] ?? join(root, "..", "shared", "data");
const hasData = existsSync(join(data, "rsna", "study"));
const TIMEOUT_MS = 300_000;

/** `firstread triage --json` on one exam. Real exams may end with 3: some files of theirs are not slices. */
async function triage(exam: string): Promise<StudyFinding> {
  const args = [join(root, "src", "cli", "main.ts"), "triage", "--json", join(data, exam)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.split("\n")[0] ?? "") as StudyFinding;
}

describe.skipIf(!hasData)("the default model on real exams (skipped without FIRSTREAD_DATA)", () => {
  it(
    "flags the exam with the bleed, on neighbouring slices",
    async () => {
      const { flagged, probability, threshold, slices } = await triage("rsna/study");
      expect(flagged).toBe(true);
      expect(probability).toBeGreaterThanOrEqual(threshold);
      const isSuspicious = slices.map((slice) => slice.probability >= threshold);
      expect(isSuspicious.some((is, i) => is && isSuspicious[i + 1] === true)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it.each(["cq500/normal-thin", "ge-head"])(
    "does not flag %s, which has none",
    async (exam) => {
      const { flagged, label } = await triage(exam);
      expect({ flagged, label }).toEqual({ flagged: false, label: "normal" });
    },
    TIMEOUT_MS,
  );

  it(
    "ranks both labelled slices that bleed above the three that do not",
    async () => {
      const { labelled } = await evaluateExams(join(root, "models", "default"), data);
      const of = (bleeds: boolean): number[] =>
        labelled.filter(({ bleeding }) => bleeding === bleeds).map(({ probability }) => probability);
      expect([of(true).length, of(false).length]).toEqual([2, 3]);
      expect(Math.min(...of(true))).toBeGreaterThan(Math.max(...of(false)));
    },
    TIMEOUT_MS,
  );
});
