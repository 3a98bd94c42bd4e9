import { describe, expect, it } from "vitest";

import { parseHeader } from "./instance.ts";
import type { InstanceHeader } from "./instance.ts";
import { chooseHeadSeries } from "./series.ts";
import { ctElements, fileOf } from "./test-files.ts";

const template = parseHeader(fileOf(ctElements()));

interface Stack {
  readonly from?: number;
  readonly count: number;
  readonly stepMm: number;
}

/** A series of axial head slices of 230 mm; `changes` go to every header. */
function series(
  uid: string,
  { from = 0, count, stepMm }: Stack,
  changes: Partial<InstanceHeader> = {},
): InstanceHeader[] {
  return Array.from({ length: count }, (_, i) => ({
    ...template,
    seriesInstanceUid: uid,
    seriesNumber: Number(uid),
    seriesDescription: `series ${uid}`,
    sopInstanceUid: `${uid}.${i}`,
    instanceNumber: count - i,
    rows: 512,
    columns: 512,
    pixelSpacingMm: [0.45, 0.45],
    imagePositionPatient: [-115, -115, from + i * stepMm],
    sliceThicknessMm: stepMm,
    ...changes,
  }));
}

const head: Stack = { count: 30, stepMm: 5 };

function chosenOf(headers: readonly InstanceHeader[]): {
  chosen: string | undefined;
  reasons: Record<string, string>;
} {
  const choice = chooseHeadSeries(headers);
  return {
    chosen: choice.series.find((entry) => entry.chosen)?.seriesInstanceUid,
    reasons: Object.fromEntries(choice.series.map((entry) => [entry.seriesInstanceUid, entry.reason])),
  };
}

describe("chooseHeadSeries prefers", () => {
  const plain = series("1", head);
  const rivals: readonly (readonly [string, InstanceHeader[], RegExp])[] = [
    [
      "a series to a localizer",
      series("2", { count: 2, stepMm: 1 }, { imageType: ["ORIGINAL", "PRIMARY", "LOCALIZER"] }),
      /localizer/,
    ],
    [
      "axial to coronal",
      series("2", head, { imageOrientationPatient: [1, 0, 0, 0, 0, -1] }),
      /90° from axial/,
    ],
    [
      "a series to a dose page",
      series("2", { count: 1, stepMm: 1 }, { seriesDescription: "Dose Report" }),
      /dose page/,
    ],
    [
      "CT images to secondary captures",
      series("2", head, { sopClassUid: "1.2.840.10008.5.1.4.1.1.7" }),
      /secondary capture/,
    ],
    ["CT to another modality", series("2", head, { modality: "SR" }), /Modality SR/],
    ["slices to MIPs", series("2", head, { imageType: ["DERIVED", "SECONDARY", "MIP"] }), /projection/],
    [
      "a smooth kernel to a bone kernel by Siemens' number",
      series("2", head, { convolutionKernel: "H70h" }),
      /bone.* kernel; "series 1"/,
    ],
    [
      "a smooth kernel to a bone kernel by Siemens' new number",
      series("2", head, { convolutionKernel: "Hr64f\\3" }),
      /bone/,
    ],
    [
      "a smooth kernel to a bone kernel by GE's word",
      series("2", head, { convolutionKernel: "BONEPLUS" }),
      /bone/,
    ],
    [
      "a smooth kernel to a bone kernel by Canon's code",
      series("2", head, { convolutionKernel: "FC30" }),
      /bone/,
    ],
    [
      "a smooth kernel to a bone kernel by description",
      series("2", head, { seriesDescription: "Head Bone 5mm" }),
      /bone/,
    ],
    [
      "original to derived",
      series("2", head, { imageType: ["DERIVED", "SECONDARY", "REFORMATTED"] }),
      /Derived/,
    ],
    ["plain to contrast", series("2", head, { contrastAgent: "OMNIPAQUE" }), /contrast/],
    ["the reading thickness to thin", series("2", { count: 240, stepMm: 0.625 }), /0.6 mm.*closer/],
    ["the reading thickness to thick", series("2", { count: 16, stepMm: 10 }), /10 mm.*closer/],
    ["a whole head to a part", series("2", { count: 8, stepMm: 5 }), /Covers only 40 mm/],
    [
      "the head to the neck",
      series("2", head, { bodyPart: "CSPINE" }),
      /Not the head: BodyPartExamined "CSPINE"/,
    ],
    [
      "the head to the face",
      series("2", head, { seriesDescription: "Sinus 5mm" }),
      /Only a part of the head/,
    ],
    ["a head's field to an ear's", series("2", head, { pixelSpacingMm: [0.19, 0.19] }), /97 mm is too small/],
    ["the first of equals", series("2", head), /which comes first/],
  ];

  it.each(rivals)("%s", (_name, rival, reason) => {
    for (const headers of [
      [...plain, ...rival],
      [...rival, ...plain],
    ]) {
      const { chosen, reasons } = chosenOf(headers);
      expect(chosen).toBe("1");
      expect(reasons["2"]).toMatch(reason);
      expect(reasons["1"]).toBe("30 axial slices of 5 mm over 150 mm.");
    }
  });

  it("a complete bone kernel to a fragment of a smooth one", () => {
    const { chosen } = chosenOf([
      ...series("1", { count: 3, stepMm: 5 }, { convolutionKernel: "UB" }),
      ...series("2", head, { convolutionKernel: "H60s" }),
    ]);
    expect(chosen).toBe("2");
  });

  it("a brain kernel by name to an unknown one", () => {
    const { chosen } = chosenOf([...series("1", head), ...series("2", head, { convolutionKernel: "J40s" })]);
    expect(chosen).toBe("2");
  });
});

describe("chooseHeadSeries takes what there is", () => {
  it.each([
    ["a bone kernel alone", series("1", head, { convolutionKernel: "BONE" })],
    ["contrast alone", series("1", head, { contrastAgent: "yes" })],
    ["one slice alone", series("1", { count: 1, stepMm: 5 })],
    ["thin slices alone", series("1", { count: 240, stepMm: 0.625 })],
    ["a reformat alone", series("1", head, { imageType: ["DERIVED", "SECONDARY", "MPR"] })],
    ["a large field that says head", series("1", head, { pixelSpacingMm: [0.8, 0.8], bodyPart: "HEAD" })],
    ["a tilted gantry", series("1", head, { imageOrientationPatient: [1, 0, 0, 0, 0.866, -0.5] })],
    ["no orientation", series("1", head, { imageOrientationPatient: null })],
    ["no pixel spacing", series("1", head, { pixelSpacingMm: null })],
    ["no contrast, said so", series("1", head, { contrastAgent: "NONE" })],
    ["a low dose", series("1", head, { seriesDescription: "Head low dose 5mm" })],
    ["slices along the orbitomeatal line", series("1", head, { seriesDescription: "orbitomeatal 5mm" })],
    ["no modality but the CT image class", series("1", head, { modality: "" })],
    ["head and neck", series("1", head, { bodyPart: "HEADNECK" })],
  ])("%s", (_name, headers) => {
    const choice = chooseHeadSeries(headers);
    expect(choice.instances.length).toBe(headers.length);
    expect(choice.notApplicable).toBeNull();
  });
});

describe("chooseHeadSeries finds nothing to score", () => {
  it.each([
    ["in an empty study", [], /no instances/],
    ["in MR", series("1", head, { modality: "MR" }), /^Not a CT: the study's modality is MR\.$/],
    [
      "in a chest",
      series("1", head, { bodyPart: "CHEST" }),
      /^Not a head CT. Not the head: BodyPartExamined "CHEST"/,
    ],
    [
      "in an abdomen by its study",
      series("1", head, { seriesDescription: "", description: "CT ABDOMEN" }),
      /StudyDescription "CT ABDOMEN"/,
    ],
    [
      "in a body's field of view",
      series("1", head, { pixelSpacingMm: [0.8, 0.8] }),
      /field of view of 410 mm is that of a body/,
    ],
    ["in a whole body", series("1", { count: 200, stepMm: 5 }), /covers 1000 mm, more than a head/],
    [
      "in a localizer",
      series("1", { count: 1, stepMm: 1 }, { imageType: ["ORIGINAL", "PRIMARY", "LOCALIZER"] }),
      /No axial head series: A localizer\./,
    ],
    [
      "without positions",
      series("1", head, { imagePositionPatient: null }),
      /None of its slices says where it lies/,
    ],
  ])("%s", (_name, headers, reason) => {
    const choice = chooseHeadSeries(headers);
    expect(choice.notApplicable).toMatch(reason);
    expect(choice.instances).toEqual([]);
    expect(choice.series.every((entry) => !entry.chosen)).toBe(true);
  });

  it("in perfusion, which repeats its positions", () => {
    const repeats = Array.from({ length: 20 }, (_, time) =>
      series("1", { count: 8, stepMm: 10 }).map((header) => ({
        ...header,
        sopInstanceUid: `${header.sopInstanceUid}.${time}`,
      })),
    ).flat();
    expect(chooseHeadSeries(repeats).notApplicable).toMatch(/same positions 20 times/);
  });
});

it("says what is special about the series it takes", () => {
  const headers = series("1", head, {
    contrastAgent: "yes",
    convolutionKernel: "BONE",
    imageType: ["DERIVED"],
  });
  expect(chooseHeadSeries(headers).series[0]?.reason).toBe(
    "30 axial slices of 5 mm over 150 mm, sharp kernel, with contrast, derived from other images.",
  );
});

describe("the chosen instances", () => {
  const uids = (headers: readonly InstanceHeader[]): string[] =>
    chooseHeadSeries(headers).instances.map((header) => header.sopInstanceUid);

  it("stand from the feet to the head, whatever their numbers and order", () => {
    const headers = series("1", { count: 4, stepMm: 5 });
    expect(uids([headers[2], headers[0], headers[3], headers[1]].flatMap((header) => header ?? []))).toEqual([
      "1.0",
      "1.1",
      "1.2",
      "1.3",
    ]);
  });

  it("stand so also when the columns run towards the nose", () => {
    const headers = series("1", { count: 3, stepMm: 5 }, { imageOrientationPatient: [1, 0, 0, 0, -1, 0] });
    expect(uids(headers.toReversed())).toEqual(["1.0", "1.1", "1.2"]);
  });

  it("go by SliceLocation where there is no ImagePositionPatient", () => {
    const headers = series("1", { count: 3, stepMm: 5 }).map((header, i) => ({
      ...header,
      imagePositionPatient: null,
      sliceLocationMm: -i,
    }));
    expect(uids(headers)).toEqual(["1.2", "1.1", "1.0"]);
  });

  it("leave out, with the reason, duplicates, strangers and those without a position", () => {
    const [first, ...rest] = series("1", { count: 10, stepMm: 5 });
    if (first === undefined) throw new Error("a series of ten has a first slice");
    const choice = chooseHeadSeries([
      first,
      ...rest,
      { ...first, sopInstanceUid: "again", instanceNumber: 99 },
      { ...first, sopInstanceUid: "scout", imageType: ["ORIGINAL", "PRIMARY", "LOCALIZER"] },
      { ...first, sopInstanceUid: "nowhere", imagePositionPatient: null },
      { ...first, sopInstanceUid: "askew", imageOrientationPatient: [1, 0, 0, 0, 0.94, -0.34] },
    ]);
    expect(choice.instances.length).toBe(10);
    expect(Object.fromEntries(choice.skipped.map(({ file, reason }) => [file, reason]))).toEqual({
      again: "another slice of the series lies at the same position",
      scout: "a localizer",
      nowhere: "no position: neither ImagePositionPatient nor SliceLocation",
      askew: "its plane is at another angle than the series' other slices",
    });
  });
});
