/**
 * @file `npm test`: everything that must hold, in one command.
 *
 * Installs the peer programs where it can (Debian, as root), type-checks, lints, builds the page, runs
 * the tests. The last line is `N passed, N failed`. Arguments go to vitest: `npm test -- src/dicom`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { installPeers } from "./install-peers.ts";
import type { Tally } from "./tally-reporter.ts";

const root = join(import.meta.dirname, "..");
const filter = process.argv.slice(2);
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

let passed = 0;
let failed = 0;

/** Run one check; its output goes straight to the terminal. Counts as one test. */
function check(name: string, command: string, args: string[]): void {
  const startedAt = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (status === 0) passed += 1;
  else failed += 1;
}

installPeers();
if (filter.length === 0) {
  check("types", bin("tsc"), ["-p", "tsconfig.json"]);
  check("types of the page", bin("tsc"), ["-p", "src/web/tsconfig.json"]);
  check("lint", bin("eslint"), ["."]);
  check("format", bin("prettier"), ["--check", "--log-level", "warn", "."]);
  check("page builds", process.execPath, ["scripts/build-web.ts", "--force"]);
}

const scratch = mkdtempSync(join(tmpdir(), "firstread-tally-"));
const tallyFile = join(scratch, "tally.json");
const run = spawnSync(bin("vitest"), ["run", ...filter], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, FIRSTREAD_TALLY: tallyFile },
});
try {
  const tally = JSON.parse(readFileSync(tallyFile, "utf8")) as Tally;
  passed += tally.passed;
  failed += tally.failed;
  if (run.status !== 0 && tally.failed === 0) failed += 1;
  if (tally.skipped.length > 0) {
    console.log(`\n${tally.skipped.length} skipped:\n  ${tally.skipped.join("\n  ")}`);
    if (process.env["CI"] === "true") {
      console.log("With CI=true a skip is a failure.");
      failed += tally.skipped.length;
    }
  }
} catch (cause) {
  console.log(`vitest wrote no tally (exit ${run.status}): ${String(cause)}`);
  failed += 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
