/**
 * @file Counts the tests of a run for `scripts/test.ts`, which prints the closing line.
 *
 * With `CI=true` a skipped test counts as failed: on a machine that installs every peer program
 * nothing has a reason to be skipped.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

export interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
}

export default class TallyReporter implements Reporter {
  readonly #tally: Tally = { passed: 0, failed: 0, skipped: [] };

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    if (state === "passed") this.#tally.passed += 1;
    else if (state === "failed") this.#tally.failed += 1;
    else this.#tally.skipped.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const brokenModules = modules.filter((module) => module.errors().length > 0).length;
    this.#tally.failed += brokenModules + unhandledErrors.length;
    const path = process.env["FIRSTREAD_TALLY"];
    if (path) writeFileSync(path, JSON.stringify(this.#tally));
  }
}
