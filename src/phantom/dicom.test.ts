import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { chestToDicom } from "./chest.ts";
import { dosePage, phantomLocalizer, phantomToDicom, studyShape } from "./dicom.ts";
import type { PhantomIdentity } from "./dicom.ts";
import { uidFrom } from "./part10.ts";
import { generatePhantom } from "./phantom.ts";
import type { PhantomStudy } from "./phantom.ts";

const has = (program: string): boolean => spawnSync("which", [program]).status === 0;

const identity: PhantomIdentity = {
  patientName: "Phantom^Jörun",
  patientId: "PH000001",
  sex: "F",
  birthDate: "19541231",
  accessionNumber: "A000001",
  studyDescription: "CT HEAD WO CONTRAST",
  orderPriority: "urgent",
  studyAt: "2026-03-06T18:30:05",
};

const made = new Map<number, PhantomStudy>();
/** Even seeds store 12 bits unsigned, odd ones 16 bits signed. */
function study(seed: number): PhantomStudy {
  const known = made.get(seed);
  if (known !== undefined) return known;
  const options = { rows: 64, sliceThicknessMm: 5, sliceSpacingMm: 40, gantryTiltDeg: 12 };
  const phantom = generatePhantom({ ...options, seed, bleed: "epidural" });
  made.set(seed, phantom);
  return phantom;
}

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-phantom-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, bytes: Uint8Array | undefined): string => {
  const file = join(dir, name);
  writeFileSync(file, bytes ?? new Uint8Array());
  return file;
};
const run = (program: string, args: string[]): string => {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return stdout + stderr;
};

it("makes UIDs that fit into 64 characters and follow from the text", () => {
  // SHA-256("abc") begins ba7816bf8f01cfea414140de5dae2223, the first 128 bits as a decimal number.
  expect(uidFrom("abc")).toBe(`2.25.${0xba7816bf8f01cfea414140de5dae2223n}`);
  expect(uidFrom("abc").length).toBeLessThanOrEqual(64);
});

it("gives every instance its own UID, the same in the slice", () => {
  const phantom = study(2);
  const files = phantomToDicom(phantom, identity);
  expect(files).toHaveLength(phantom.slices.length);
  expect(new Set(phantom.slices.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(files.length);
  files.forEach((file, i) => {
    expect(Buffer.from(file).includes(phantom.slices[i]?.sopInstanceUid ?? "?")).toBe(true);
  });
});

describe.skipIf(!has("dciodvfy"))(
  "dciodvfy (skipped where dicom3tools is absent)",
  { timeout: 120_000 },
  () => {
    const files = (): [string, Uint8Array | undefined][] => {
      const even = study(2);
      const odd = study(3);
      return [
        ["unsigned", phantomToDicom(even, identity)[1]],
        ["signed", phantomToDicom(odd, identity)[0]],
        ["localizer", phantomLocalizer(even, identity)],
        ["dose page", dosePage(studyShape(even), identity, 32)],
        ["chest", chestToDicom(1, identity, 60, 1)[0]],
      ];
    };
    it("finds no error", () => {
      for (const [name, bytes] of files()) {
        const said = run("dciodvfy", [write(`${name}.dcm`, bytes)]);
        expect(said, name).toMatch(/CTImage|SCImage/);
        expect(said, name).not.toMatch(/Error/);
      }
    });
  },
);

describe.skipIf(!has("dcmdump"))("dcmdump (skipped where DCMTK is absent)", () => {
  it("reads header and pixels", () => {
    const phantom = study(2);
    const file = write("dump.dcm", phantomToDicom(phantom, identity)[1]);
    const header = run("dcmdump", ["+P", "0010,0010", "+P", "0040,1003", "+P", "0018,1120", file]);
    expect(header).toContain("[Phantom^Jörun]");
    expect(header).toContain("[HIGH]");
    expect(header).toContain("[12]");
    const raw = run("dcmdump", ["+W", dir, file]);
    expect(raw).not.toMatch(/^[EF]:/m);
  });

  it.each([2, 3])("stores the slice's HU (seed %i)", (seed) => {
    const phantom = study(seed);
    const bytes = phantomToDicom(phantom, identity)[1] ?? new Uint8Array();
    const pixels = Buffer.from(bytes.slice(-64 * 64 * 2));
    const unsigned = seed % 2 === 0;
    const hu = Int16Array.from({ length: 64 * 64 }, (_, i) =>
      unsigned ? pixels.readUInt16LE(2 * i) - 1024 : pixels.readInt16LE(2 * i),
    );
    expect(hu).toEqual(phantom.slices[1]?.hu);
    const file = write(`hu${seed}.dcm`, bytes);
    expect(run("dcmdump", ["+P", "0028,1052", file])).toContain(unsigned ? "[-1024]" : "[0]");
  });
});
