import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";

import { decodeSlices } from "../decode.ts";
import { openInstance } from "../part10.ts";
import { DATA, dataSetBytes } from "../test-files.ts";
import type { TestElements, TestEncoding } from "../test-files.ts";
import { pixelCodingOf } from "../transfer-syntax.ts";
import { deidentifyInstance } from "./deidentify.ts";
import { harmlessWords } from "./descriptor-words.ts";
import type { DeidentifiedInstance } from "./deidentify.ts";
import type { ProfileOption } from "./profile.ts";
import { actionFor } from "./profile.ts";
import { Pseudonyms } from "./pseudonyms.ts";

const SECRET = "a secret of some length";
const uint16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);
const PIXELS = Uint8Array.from({ length: 32 }, (_, i) => i);

/** A head CT that says too much, in places easy and hard. */
const TALKATIVE: TestElements = {
  "00080016 UI": "1.2.840.10008.5.1.4.1.1.2",
  "00080018 UI": "1.2.3.4",
  "00080020 DA": "20260301",
  "00080023 DA": "20260302",
  "00080050 SH": "ACC1",
  "00080060 CS": "CT",
  "00080080 LO": "St Elsewhere",
  "00081030 LO": "Head of Jane Doe",
  "00081140 SQ": [{ "00081150 UI": "1.2.840.10008.5.1.4.1.1.2", "00081155 UI": "1.2.3.5" }],
  "00090010 LO": "ACME",
  "00091001 LO": "Jane Doe",
  "00100010 PN": "DOE^JANE",
  "00100020 LO": "4711",
  "00100030 DA": "19580704",
  "00101010 AS": "067Y",
  "00104000 LT": "Sister of John Doe",
  "00180015 CS": "HEAD",
  "0020000D UI": "1.2.3",
  "0020000E UI": "1.2.3.9",
  "00280010 US": uint16(4),
  "00280011 US": uint16(4),
  "00280100 US": uint16(16),
  "00400260 SQ": [{ "00080100 SH": "CTHEAD", "00080104 LO": "CT head", "00091001 LO": "Doe again" }],
  "60003000 OW": Uint8Array.of(1, 2),
  "7FE00010 OW": PIXELS,
};

const SYNTAXES: readonly (readonly [name: string, uid: string, encoding: TestEncoding])[] = [
  ["explicit little endian", "1.2.840.10008.1.2.1", {}],
  ["explicit, undefined lengths", "1.2.840.10008.1.2.1", { undefinedLength: true }],
  ["implicit little endian", "1.2.840.10008.1.2", { explicitVr: false }],
  ["implicit, undefined lengths", "1.2.840.10008.1.2", { explicitVr: false, undefinedLength: true }],
  ["explicit big endian", "1.2.840.10008.1.2.2", { littleEndian: false }],
  ["deflated", "1.2.840.10008.1.2.1.99", {}],
];

function fileOf(elements: TestElements, uid: string, encoding: TestEncoding): Buffer {
  const body = dataSetBytes(elements, encoding);
  const meta = dataSetBytes({ "00020010 UI": uid });
  const written = uid.endsWith(".99") ? deflateRawSync(body) : body;
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), meta, written]);
}

const deidentify = (file: Uint8Array, ...retain: ProfileOption[]): DeidentifiedInstance =>
  deidentifyInstance(file, new Pseudonyms(SECRET), new Set(retain));

describe.each(SYNTAXES)("de-identified, %s", (_name, uid, encoding) => {
  const result = deidentify(fileOf(TALKATIVE, uid, encoding));
  const { dataSet, transferSyntaxUid } = openInstance(result.bytes, "pixels");

  it("holds no name, number or place that it held before", () => {
    const text = Buffer.from(dataSet.bytes).toString("latin1");
    for (const word of ["DOE", "JANE", "Doe", "4711", "ACC1", "Elsewhere", "ACME", "1958", "202603"])
      expect(text).not.toContain(word);
    expect([...dataSet.elements()].filter(([tag]) => (tag >>> 16) % 2 === 1)).toEqual([]);
    expect(dataSet.element(0x60003000)).toBeUndefined();
  });

  it("keeps its transfer syntax, its pixels byte for byte, and what tells nothing", () => {
    expect(transferSyntaxUid).toBe(uid);
    const pixels = dataSet.value(0x7fe00010);
    expect(pixels && new Uint8Array(pixels)).toEqual(PIXELS);
    expect(dataSet.string(0x00180015)).toBe("HEAD");
  });

  it("gives UIDs that hold together", () => {
    const study = dataSet.string(0x0020000d);
    expect(study).toMatch(/^2\.25\.\d{30,39}$/);
    expect(study).toBe(result.studyInstanceUid);
    expect(study).toBe(new Pseudonyms(SECRET).uid("1.2.3"));
    const [reference] = dataSet.items(0x00081140);
    expect(reference?.string(0x00081155)).toBe(new Pseudonyms(SECRET).uid("1.2.3.5"));
    expect(reference?.string(0x00081150)).toBe("1.2.840.10008.5.1.4.1.1.2");
  });

  it("says that and how it was de-identified", () => {
    expect(dataSet.string(0x00120062)).toBe("YES");
    expect(dataSet.items(0x00120064).map((item) => item.string(0x00080100))).toEqual(["113100"]);
    expect(dataSet.string(0x00280303)).toBe("REMOVED");
  });
});

describe("options", () => {
  const file = fileOf(TALKATIVE, "1.2.840.10008.1.2.1", {});
  const opened = (...retain: ProfileOption[]): ReturnType<typeof openInstance>["dataSet"] =>
    openInstance(deidentify(file, ...retain).bytes, "pixels").dataSet;

  it("move all dates of a patient by the same days", () => {
    const moved = opened("modified-dates");
    const day = (date: string): number =>
      Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)));
    const [study, content] = [moved.string(0x00080020), moved.string(0x00080023)];
    expect(study).not.toBe("20260301");
    expect(day(content) - day(study)).toBe(86_400_000);
    expect(moved.string(0x00280303)).toBe("MODIFIED");
  });

  it("retain what they name and nothing else", () => {
    const kept = opened("uids", "full-dates", "institution", "patient-characteristics");
    expect(kept.string(0x0020000d)).toBe("1.2.3");
    expect(kept.string(0x00080020)).toBe("20260301");
    expect(kept.string(0x00080080)).toBe("St Elsewhere");
    expect(kept.string(0x00101010)).toBe("067Y");
    expect(kept.string(0x00100010)).toMatch(/^P[0-9A-F]{16}\^$/);
    const codes = kept.items(0x00120064).map((item) => item.string(0x00080100));
    expect(codes.sort()).toEqual(["113100", "113106", "113108", "113110", "113112"]);
  });

  it("cleans descriptions of all but harmless words, and says so", () => {
    const cleaned = opened("descriptors");
    expect(cleaned.string(0x00081030)).toBe("HEAD");
    // No harmless word in "Sister of John Doe": removed, as without the option.
    expect(cleaned.element(0x00104000)).toBeUndefined();
    expect(cleaned.items(0x00120064).map((item) => item.string(0x00080100))).toEqual(["113100", "113105"]);
    expect(opened().element(0x00081030)).toBeUndefined();
  });

  it("depend on the secret", () => {
    const other = deidentifyInstance(file, new Pseudonyms("another secret, as long"), new Set());
    expect(other.patient).not.toBe(deidentify(file).patient);
    expect(() => new Pseudonyms("short")).toThrow("expected 16 or more");
  });
});

it("keeps anatomy, technique and measures of a description, and no name, date, age or number", () => {
  const cleaned = [
    "CT Head w/o contrast, 5 mm (Dr. Jane Doe 2026-03-01)",
    "SCHÄDEL NATIV Müller 67J",
    "Brain 1.25mm 120 kV; call 555-0199, MRN 4711",
    "12.03.1958",
    "HeadMiller",
  ].map(harmlessWords);
  expect(cleaned).toEqual(["CT HEAD WO CONTRAST 5MM", "", "BRAIN 1.25MM 120KV", "", ""]);
});

it("follows table E.1-1", () => {
  // Read off the standard: StudyDate Z, PatientID Z/D, StationName X/Z/D, InstanceCreatorUID U, AcquisitionComments X.
  const tags = [0x00080020, 0x00100020, 0x00081010, 0x00080014, 0x00184000, 0x00280010];
  expect(tags.map((tag) => actionFor(tag, new Set()))).toEqual([
    ...["empty", "dummy", "dummy", "uid", "remove", "keep"],
  ]);
});

it("suspects burned-in names", () => {
  const risky = { ...TALKATIVE, "00080064 CS": "WSD", "00280301 CS": "YES" };
  const sorted = Object.fromEntries(Object.entries(risky).sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(deidentify(fileOf(sorted, "1.2.840.10008.1.2.1", {})).burnedInRisks).toEqual([
    "BurnedInAnnotation is YES",
    "converted from a screen, film or paper",
  ]);
  expect(deidentify(fileOf(TALKATIVE, "1.2.840.10008.1.2.1", {})).burnedInRisks).toEqual([]);
});

describe.skipIf(!existsSync(DATA))(
  "real files in every transfer syntax (skipped without the development data)",
  () => {
    const dir = join(DATA, "codec", "ctimage");
    const files = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith(".dcm")) : [];

    it.each(files)("%s decodes as before", async (name) => {
      const file = readFileSync(join(dir, name));
      const { transferSyntaxUid } = openInstance(file, "header");
      const after = deidentify(file).bytes;
      expect(openInstance(after, "pixels").transferSyntaxUid).toBe(transferSyntaxUid);
      if ("refused" in pixelCodingOf(transferSyntaxUid)) return;
      const slices = await decodeSlices(file).catch(() => null);
      if (slices === null) return;
      expect((await decodeSlices(after)).map(({ hu }) => hu)).toEqual(slices.map(({ hu }) => hu));
    });
  },
);
