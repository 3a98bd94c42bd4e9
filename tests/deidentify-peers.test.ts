/**
 * @file `dataset deidentify` as other programs see it: DCMTK finds nothing of the patient any more, dicom3tools finds no
 * error that was not there.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { phantomToDicom } from "../src/phantom/dicom.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { startFirstread } from "./support/firstread.ts";
import { runPeer } from "./support/peers.ts";

const isHere = existsSync("/usr/bin/dcmodify") && existsSync("/usr/bin/dciodvfy");

/** What may be found nowhere: names, numbers, dates, places, as they stand in the files below. */
const IDENTITY = ["Elster", "Kunigunde", "EK-4711", "ACC-0815", "19580704", "20260306", "Sankt Elsewhere"];

const IDENTIFYING = [
  ...["(0008,0080)=Sankt Elsewhere", "(0008,0090)=Elster^Referring", "(0008,1010)=CT-ELSEWHERE"],
  ...["(0010,4000)=Kunigunde lives alone", "(0010,21B0)=fell on 20260306", "(0018,1000)=SN-0042"],
  ...["(0008,1030)=CT head w/o contrast for Kunigunde Elster", "(0008,103E)=Brain 5 mm Elster"],
  ...["(0040,0275)[0].(0040,0007)=Head for Elster", "(0040,0275)[0].(0040,0009)=ACC-0815"],
  ...["(0029,0010)=Elster PRIVATE"],
];

describe.skipIf(!isHere)("de-identified files (DCMTK and dicom3tools must be installed)", () => {
  let dir = "";
  let before = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "firstread-deidentify-peers-"));
    await mkdir(join(dir, "source"));
    const files = phantomToDicom(
      generatePhantom({ seed: 4, bleed: null, rows: 64, sliceThicknessMm: 5, sliceSpacingMm: 40 }),
      {
        ...{ patientName: "Elster^Kunigunde", patientId: "EK-4711", sex: "F", birthDate: "19580704" },
        ...{ accessionNumber: "ACC-0815", studyDescription: "CT", orderPriority: "routine" },
        studyAt: "2026-03-06T18:00:00",
      },
    );
    const paths = files.map((_, i) => join(dir, "source", `${i}.dcm`));
    for (const [i, path] of paths.entries()) await writeFile(path, files[i] ?? new Uint8Array());
    const changes = IDENTIFYING.flatMap((change) => ["-i", change]);
    expect((await runPeer("dcmodify", ["-nb", ...changes, ...paths])).output).not.toMatch(/^[EF]:/m);
    const dump = (await runPeer("dcmdump", paths)).output;
    for (const word of IDENTITY) expect(dump).toContain(word);
    before = await errorsOf(paths);
    await writeFile(join(dir, "secret"), "a secret of some length");
  });
  afterAll(async () => rm(dir, { recursive: true, force: true }));

  async function deidentify(
    ...options: string[]
  ): Promise<{ readonly dump: string; readonly errors: string }> {
    const output = join(dir, options.join(" ") || "basic");
    const args = ["--output", output, "--secret-file", join(dir, "secret"), "--threads", "1", ...options];
    const { code, stderr } = await startFirstread("dataset", "deidentify", join(dir, "source"), ...args)
      .ended;
    expect(code, stderr).toBe(0);
    const paths = readdirSync(output, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".dcm"))
      .map((name) => join(output, name));
    expect(paths.length).toBeGreaterThan(2);
    return { dump: (await runPeer("dcmdump", paths)).output, errors: await errorsOf(paths) };
  }

  /** Errors by dciodvfy, each once. */
  async function errorsOf(paths: readonly string[]): Promise<string> {
    const lines = new Set<string>();
    for (const path of paths)
      for (const line of (await runPeer("dciodvfy", [path])).output.split("\n"))
        if (line.startsWith("Error")) lines.add(line);
    return [...lines].sort().join("\n");
  }

  /** The codes of DeidentificationMethodCodeSequence. */
  const methodOf = (dump: string): string[] => [
    ...new Set([...dump.matchAll(/SH \[(1131\d\d)\]/g)].map(([, code]) => code ?? "")),
  ];

  it("tell nothing of the patient by the basic profile", { timeout: 60_000 }, async () => {
    const { dump, errors } = await deidentify();
    for (const word of IDENTITY) expect(dump).not.toContain(word);
    expect(dump).not.toMatch(/^\(0029,/m);
    expect(methodOf(dump)).toEqual(["113100"]);
    expect(errors).toBe(before);
  });

  it("keep what options allow, and no name with it", { timeout: 60_000 }, async () => {
    const { dump, errors } = await deidentify(
      ...["--retain", "modified-dates", "patient-characteristics", "device", "--clean", "descriptors"],
    );
    for (const word of IDENTITY) expect(dump).not.toContain(word);
    expect(dump).toContain("[SN-0042]");
    expect(dump).toContain("[CT HEAD WO CONTRAST]");
    expect(dump).toContain("[BRAIN 5MM]");
    expect(dump).toContain("[MODIFIED]");
    expect(methodOf(dump).sort()).toEqual(["113100", "113105", "113107", "113108", "113109"]);
    expect(errors).toBe(before);
  });

  it("keep dates, UIDs and the institution when told to", { timeout: 60_000 }, async () => {
    const { dump, errors } = await deidentify("--retain", "full-dates", "uids", "institution");
    for (const word of ["Elster", "Kunigunde", "EK-4711", "ACC-0815", "19580704"])
      expect(dump).not.toContain(word);
    expect(dump).toContain("[20260306]");
    expect(dump).toContain("[Sankt Elsewhere]");
    expect(methodOf(dump).sort()).toEqual(["113100", "113106", "113110", "113112"]);
    expect(errors).toBe(before);
  });

  it("refuse what is not offered, with the reason", async () => {
    const args = ["--output", join(dir, "none"), "--secret-file", join(dir, "secret")];
    const source = join(dir, "source");
    const refused = await startFirstread("dataset", "deidentify", source, ...args, "--clean", "pixel-data")
      .ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Not offered: burned-in text is not looked for");
    const both = await startFirstread(
      ...["dataset", "deidentify", source, ...args, "--retain", "full-dates", "modified-dates"],
    ).ended;
    expect(both.code).toBe(1);
    expect(both.stderr).toContain("in full or modified, not both");
  });
});
