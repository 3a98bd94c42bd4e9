import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ctFile } from "../../../tests/support/ct-file.ts";
import { commandRunner } from "../test-command.ts";
import { configure } from "./policy.ts";

const run = commandRunner();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstread-policy-"));
  const uids = { studyInstanceUid: "1.2.3", seriesInstanceUid: "1.2.3.1", sopInstanceUid: "1.2.3.1.1" };
  await writeFile(join(folder, "ct.dcm"), ctFile({ ...uids, instanceNumber: 1, rows: 8, columns: 8 }));
  await writeFile(
    join(folder, "night.yaml"),
    "name: night\nrules: [{ name: Head, when: { BodyPartExamined: HEAD, PatientSex: M }, liftTo: stat }]",
  );
  await writeFile(join(folder, "bad.yaml"), "name: bad\norder: { stat: now }");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("firstread policy check", () => {
  it("names a good policy, and says where a bad one is wrong", async () => {
    const good = await run(configure, "check", join(folder, "night.yaml"), "--json");
    expect(good.code).toBe(0);
    expect(JSON.parse(good.out[0] ?? "")).toMatchObject({
      valid: true,
      version: expect.stringMatching(/^night@/) as string,
    });
    const bad = await run(configure, "check", join(folder, "bad.yaml"));
    expect([bad.code, bad.out, bad.err]).toEqual([
      1,
      [],
      ['bad.yaml:2:10: order.stat: expected one of critical, stat, urgent, routine, low, got "now"'],
    ]);
  });
});

describe("firstread policy explain", () => {
  it("explains files as if they had just arrived, rule by rule", async () => {
    const policy = join(folder, "night.yaml");
    const argv = [
      "explain",
      join(folder, "ct.dcm"),
      "--policy",
      policy,
      "--probability",
      "0.9",
      "--waited",
      "130",
    ];
    const { out } = await run(configure, ...argv, "--json");
    const { rules, ...rest } = JSON.parse(out[0] ?? "") as {
      rules: { name: string; holds: boolean; decides: boolean }[];
    };
    expect(rest).toMatchObject({
      ...{ studyInstanceUid: "1.2.3", tier: "critical", withoutFinding: "routine", withFinding: "critical" },
      reason: "Suspected hemorrhage (90 %); Routine order",
      ...{ waitedMin: 130, promotions: [], ordered: { tier: "routine", by: "routine order" } },
    });
    expect(rules.map(({ name, holds, decides }) => [name, holds, decides])).toEqual([
      ["Emergency patient", false, false],
      ["Head", false, false],
      ["Suspected hemorrhage", true, true],
    ]);
    const words = (await run(configure, ...argv)).out.join("\n");
    expect(words).toContain(
      'no  Head: at least stat (BodyPartExamined is "HEAD": yes; PatientSex is "M": no)',
    );
  });

  it("says that no server answers", async () => {
    const asked = run(configure, "explain", "1.2.3.4", "--server", "http://127.0.0.1:1");
    await expect(asked).rejects.toThrow("No FirstRead answers at http://127.0.0.1:1");
  });
});
