import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commandRunner } from "../test-command.ts";
import { configure } from "./simulate.ts";

const run = commandRunner();
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "firstread-simulate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json(...argv: string[]): Promise<Record<string, Record<string, unknown>>> {
  const { out } = await run(configure, ...argv, "--json");
  return JSON.parse(out.join("\n")) as Record<string, Record<string, unknown>>;
}

describe("firstread simulate", () => {
  it("prints theory and simulation in minutes", async () => {
    const answer = await json(
      ...["--traffic", ".8", "--sensitivity", ".95", "--specificity", ".89", "--prevalence", ".1"],
      ...["--radiologists", "1", "--reading-minutes", "10/10", "--cases", "20000"],
    );
    expect(answer["theory"]?.["aiPositive"]).toBeCloseTo(1.837, 3);
    expect(Object.keys(answer["simulation"] ?? {})).toEqual([
      ...["fifo", "aiPositive", "aiNegative", "diseased", "nonDiseased"],
    ]);
    expect(answer["stable"]).toBe(true);
  });

  it("says that a traffic of 1 or more is unstable, and simulates it all the same", async () => {
    const { out, err } = await run(configure, "--traffic", "1.2", "--cases", "2000", "--json");
    expect(err.join("\n")).toContain("Unstable: traffic is 1.2");
    expect(JSON.parse(out.join("\n"))).toMatchObject({ theory: null, stable: false });
  });

  it("takes the sensitivity from a curve", async () => {
    const answer = await json("--roc-area", "0.5", "--specificity", "0.7", "--theory-only");
    expect(answer["operatingPoint"]?.["sensitivity"]).toBeCloseTo(0.3, 6);
  });

  it("has real exams as the shift's cases", async () => {
    writeFileSync(
      join(folder, "prediction_probabilities.csv"),
      "name,ICH\na,0.9\nb,0.6\nc,0.2\nd,0.1\nnobody-read-this,1\n",
    );
    writeFileSync(
      join(folder, "reads.csv"),
      "name,R1:ICH,R2:ICH,R3:ICH\na,1,1,0\nb,0,0,1\nc,0,0,0\nd,0,0,0\n",
    );
    const answer = await json("--cases", "cq500", "--labels", folder, "--shuffles", "40");
    expect(answer).toMatchObject({ exams: 4, diseased: 1, rocArea: 1 });
    expect(answer["operatingPoint"]).toEqual({ threshold: 0.5, sensitivity: 1, specificity: 2 / 3 });
    expect(answer["waits"]?.["aiPositive"]).toMatchObject({ count: 2 });
  });

  it("replays a log", async () => {
    const log = join(folder, "log.csv");
    writeFileSync(
      log,
      "arrival,probability,reading_minutes\n2026-03-01T08:00Z,0.1,30\n2026-03-01T08:05Z,0.1,30\n2026-03-01T08:06Z,0.9,30\n",
    );
    const { out } = await run(configure, "--log", log);
    // Opened at 8:30 in place of 9:00: 24 minutes instead of 54.
    expect(out.find((line) => line.startsWith("aiPositive"))).toMatch(/1 +– +54\.000 +54\.000 +24\.000/);
  });
});
