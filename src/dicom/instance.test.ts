import { describe, expect, it } from "vitest";

import { parseHeader, UnreadableInstance } from "./instance.ts";
import { ctElements, dataSetBytes, fileOf } from "./test-files.ts";
import type { TestElements } from "./test-files.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";

const rich = ctElements({
  "00080005 CS": "ISO_IR 100",
  "00080008 CS": "ORIGINAL\\PRIMARY\\AXIAL",
  "00080020 DA": "20260301",
  "00080030 TM": "221405",
  "00080050 SH": "A17",
  "00081030 LO": "CT HEAD",
  "0008103E LO": "Brain 5mm",
  "00081140 SQ": [{ "00081150 UI": "1.2", "00081155 UI": "1.2.3.9" }, { "00081150 UI": "1.2" }],
  "00100010 PN": "Müller^Ana",
  "00100020 LO": "P1",
  "00100030 DA": "19590301",
  "00100040 CS": "F",
  "00180050 DS": "5.0",
  "00181120 DS": "+18.5",
  "00200011 IS": "2",
  "00200013 IS": "7",
  "00401003 SH": "STAT",
});

const expected = {
  studyInstanceUid: "1.2.3",
  patient: { name: "MÜLLER, Ana", id: "P1", sex: "F", age: "67 y" },
  accessionNumber: "A17",
  description: "CT HEAD",
  orderPriority: "stat",
  studyAt: "2026-03-01T22:14:05",
  sopInstanceUid: "1.2.3.4",
  seriesInstanceUid: "1.2.3.1",
  asWritten: {
    patientName: "Müller^Ana",
    patientBirthDate: "19590301",
    studyDate: "20260301",
    studyTime: "221405",
    studyId: "",
    referringPhysicianName: "",
  },
  modality: "CT",
  seriesDescription: "Brain 5mm",
  seriesNumber: 2,
  instanceNumber: 7,
  imageType: ["ORIGINAL", "PRIMARY", "AXIAL"],
  rows: 2,
  columns: 2,
  numberOfFrames: 1,
  bitsStored: 16,
  pixelRepresentation: 0,
  imagePositionPatient: [-100, -100, 50],
  imageOrientationPatient: [1, 0, 0, 0, 1, 0],
  pixelSpacingMm: [0.5, 0.5],
  sliceThicknessMm: 5,
  gantryTiltDegrees: 18.5,
  rescaleSlope: 1,
  rescaleIntercept: -1024,
  hasPixelData: true,
};

describe("parseHeader", () => {
  it.each([IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])("reads %s", (transferSyntaxUid) => {
    const header = parseHeader(fileOf(rich, transferSyntaxUid));
    expect(header).toMatchObject({ ...expected, transferSyntaxUid });
    expect(JSON.parse(JSON.stringify(header))).toEqual(header);
  });

  it("passes sequences of undefined length, nested, in either kind of VR", () => {
    const nested: TestElements = {
      "00081140 SQ": [{ "00081150 UI": "1.2", "00081199 SQ": [{ "00081155 UI": "1.9" }] }, {}],
      ...ctElements(),
    };
    const sorted = Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const explicitVr of [true, false]) {
      const bytes = dataSetBytes(sorted, { explicitVr, undefinedLength: true });
      expect(parseHeader(bytes).studyInstanceUid).toBe("1.2.3");
    }
  });

  it("passes 64-bit representations", () => {
    const header = parseHeader(fileOf(ctElements({ "7FE00001 OV": new Uint8Array(8) })));
    expect(header.hasPixelData).toBe(true);
  });

  it("reads the non-standard UIDs of the RSNA challenge", () => {
    const header = parseHeader(fileOf(ctElements({ "0020000D UI": "ID_f10de2d018" })));
    expect(header.studyInstanceUid).toBe("ID_f10de2d018");
  });

  it("takes the SOP class from the meta information where the data set has none", () => {
    const header = parseHeader(fileOf(ctElements({ "00080016 UI": undefined })));
    expect(header.sopClassUid).toBe("1.2.840.10008.5.1.4.1.1.2");
  });

  it("gives null and empty for what is absent or no number", () => {
    const header = parseHeader(
      fileOf(ctElements({ "00281052 DS": "", "00281053 DS": "one", "00280030 DS": "0.5" })),
    );
    expect(header).toMatchObject({
      rescaleIntercept: null,
      rescaleSlope: null,
      pixelSpacingMm: null,
      sliceThicknessMm: null,
      patient: { name: "", id: "", sex: "", age: "" },
      orderPriority: "routine",
      studyAt: null,
    });
  });

  it("reads a header whose pixels are cut off", () => {
    expect(parseHeader(fileOf(rich).subarray(0, -6))).toMatchObject(expected);
  });

  it("reads a bare data set, and a file without preamble", () => {
    expect(parseHeader(dataSetBytes(rich, { explicitVr: false }))).toMatchObject(expected);
    expect(parseHeader(dataSetBytes(rich))).toMatchObject(expected);
    expect(parseHeader(fileOf(rich).subarray(132))).toMatchObject(expected);
  });

  it("looks whether the VR is explicit, since some writers name the wrong transfer syntax", () => {
    const meta = fileOf({}, EXPLICIT);
    expect(parseHeader(Buffer.concat([meta, dataSetBytes(rich, { explicitVr: false })]))).toMatchObject(
      expected,
    );
  });

  it("reads enhanced CT: the first frame's functional groups, its own before the shared", () => {
    const header = parseHeader(
      fileOf(
        ctElements({
          "00200032 DS": undefined,
          "00280008 IS": "2",
          "00281052 DS": undefined,
          "00281053 DS": undefined,
          "52009229 SQ": [
            {
              "00289110 SQ": [{ "00180050 DS": "3", "00280030 DS": "0.4\\0.4" }],
              "00289145 SQ": [{ "00281052 DS": "-1000", "00281053 DS": "2" }],
            },
          ],
          "52009230 SQ": [
            { "00209113 SQ": [{ "00200032 DS": "1\\2\\3" }] },
            { "00209113 SQ": [{ "00200032 DS": "1\\2\\6" }] },
          ],
        }),
      ),
    );
    expect(header).toMatchObject({
      numberOfFrames: 2,
      imagePositionPatient: [1, 2, 3],
      sliceThicknessMm: 3,
      pixelSpacingMm: [0.4, 0.4],
      rescaleSlope: 2,
      rescaleIntercept: -1000,
    });
  });
});

/** The last element claims 65,535 bytes. */
const overlong = fileOf({ "00081030 LO": "x" });
overlong.writeUInt16LE(0xffff, overlong.length - 4);

describe("parseHeader refuses, with the reason", () => {
  const nest = (depth: number): TestElements => (depth === 0 ? {} : { "00081140 SQ": [nest(depth - 1)] });
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["an empty file", Buffer.alloc(0), /^the file is empty$/],
    ["zeros", Buffer.alloc(1000), /^not a DICOM file/],
    ["a text", Buffer.from("file,label\n".repeat(40)), /^not a DICOM file/],
    ["a JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Array<number>(400).fill(7)]), /^not a DICOM file/],
    ["one byte", Buffer.from([8]), /^not a DICOM file/],
    ["a preamble alone", fileOf({}).subarray(0, 132), /no transfer syntax/],
    ["no transfer syntax", fileOf(rich, ""), /names no transfer syntax \(0002,0010\)/],
    ["a header that is cut off", fileOf(rich).subarray(0, 420), /cut off/],
    ["a length beyond the file", overlong, /cut off|damaged/],
    ["no StudyInstanceUID", fileOf(ctElements({ "0020000D UI": undefined })), /no StudyInstanceUID/],
    ["an empty SOPInstanceUID", fileOf(ctElements({ "00080018 UI": "" })), /no SOPInstanceUID/],
    ["no SeriesInstanceUID", fileOf(ctElements({ "0020000E UI": undefined })), /no SeriesInstanceUID/],
    ["a damaged deflate stream", fileOf(rich, DEFLATED).fill(0xaa, 240), /deflated data set/],
    [
      "sequences nested without end",
      dataSetBytes(nest(500), { undefinedLength: true }),
      /not a DICOM file|nested deeper/,
    ],
    [
      "sequences nested without end in a file",
      Buffer.concat([fileOf({}), dataSetBytes(nest(500), { undefinedLength: true })]),
      /nested deeper than 64/,
    ],
  ];

  it.each(cases)("%s", (_name, bytes, reason) => {
    expect(() => parseHeader(bytes)).toThrow(UnreadableInstance);
    expect(() => parseHeader(bytes)).toThrow(reason);
  });

  it("a deflated bomb, without growing", () => {
    // 64 MiB of private data, deflated to 64 KiB.
    const bomb = fileOf({ "00091001 OB": new Uint8Array(1 << 26) }, DEFLATED);
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => parseHeader(bomb)).toThrow(UnreadableInstance);
  });
});
