/** @file Tests: unit tests beside the code, tests that cross folders in `tests/`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The last line of a run is `N passed, N failed`; with CI=true a skipped test fails the run.
    reporters: ["default", "./scripts/tally-reporter.ts"],
  },
});
