/**
 * @file `dataset prepare`, ended by the kernel in the middle of its work, and run again.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { ManifestEntry } from "../src/model/dataset/manifest.ts";
import { SLICES, writeTestSet } from "../src/model/dataset/test-set.ts";
import type { TestSet } from "../src/model/dataset/test-set.ts";

const PATIENTS = 200;
const CLI = join(import.meta.dirname, "..", "src", "cli", "main.ts");

let dir = "";
let set: TestSet;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-kill-"));
  set = writeTestSet(join(dir, "source"), PATIENTS);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const manifestLines = (output: string): string[] => {
  const file = join(output, "manifest.jsonl");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.split("\n").slice(0, -1);
};

/** Run to the end, or until so many pictures are made: then SIGKILL. */
async function prepare(output: string, killAfter = Infinity): Promise<number | null> {
  const args = ["dataset", "prepare", set.dir, "--labels", set.labels, "--output", output, "--threads", "1"];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  while (child.exitCode === null && Number.isFinite(killAfter)) {
    if (manifestLines(output).length >= killAfter) {
      child.kill("SIGKILL");
      break;
    }
    await pause(5);
  }
  return ended;
}

it("goes on after kill -9 and redoes no finished picture", { timeout: 120_000 }, async () => {
  const output = join(dir, "out");
  expect(await prepare(output, 40)).toBeNull();
  const finished = manifestLines(output).map((line) => JSON.parse(line) as ManifestEntry);
  expect(finished.length).toBeGreaterThanOrEqual(40);
  const times = finished.map(({ file }) => statSync(join(output, file)).mtimeMs);
  expect(await prepare(output)).toBe(0);
  expect(finished.map(({ file }) => statSync(join(output, file)).mtimeMs)).toEqual(times);
  const images = manifestLines(output).map((line) => (JSON.parse(line) as ManifestEntry).image);
  expect(images).toHaveLength(PATIENTS * SLICES);
  expect(new Set(images)).toEqual(new Set(set.files.keys()));
});
