/**
 * @file A phantom study as DICOM: CT Image Storage (PS3.3 A.3), and what scanners send along: a localizer,
 * a dose page as secondary capture. UIDs follow from the options: the same phantom has the same UIDs.
 */
import type { OrderPriority } from "../domain/study.ts";
import { drawText } from "./lettering.ts";
import { decimal, decimals, uidFrom, writePart10 } from "./part10.ts";
import type { Elements } from "./part10.ts";
import type { PhantomStudy } from "./phantom.ts";

export interface PhantomIdentity {
  /** "Family^Given"; made up. */
  readonly patientName: string;
  readonly patientId: string;
  readonly sex: "F" | "M" | "O";
  /** YYYYMMDD. */
  readonly birthDate: string;
  readonly accessionNumber: string;
  readonly studyDescription: string;
  readonly orderPriority: OrderPriority;
  /** "2026-03-01T22:14:05", local time. */
  readonly studyAt: string;
}

const CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2";
const SECONDARY_CAPTURE_STORAGE = "1.2.840.10008.5.1.4.1.1.7";
const REQUESTED_PRIORITY: Readonly<Record<OrderPriority, string>> = {
  stat: "STAT",
  urgent: "HIGH",
  routine: "ROUTINE",
  low: "LOW",
};

/** Options from this on are called sharp in ConvolutionKernel. */
const SHARP_KERNEL = 0.6;

/** What all series of one study share, and what a body phantom needs to share too. */
export interface StudyShape {
  /** Names the study's UIDs. */
  readonly key: string;
  readonly ageYears: number;
}

export function studyShape(study: PhantomStudy): StudyShape {
  return { key: `phantom ${JSON.stringify(study.options)}`, ageYears: study.options.ageYears };
}

/** Patient, study, equipment: PS3.3 C.7.1 to C.7.5. */
export function commonElements({ key, ageYears }: StudyShape, identity: PhantomIdentity): Elements {
  const [date = "", time = ""] = identity.studyAt.replaceAll(/[-:]/g, "").split("T");
  return {
    "00080005 CS": "ISO_IR 192",
    "00080020 DA": date,
    "00080021 DA": date,
    "00080022 DA": date,
    "00080023 DA": date,
    "00080030 TM": time,
    "00080031 TM": time,
    "00080032 TM": time,
    "00080033 TM": time,
    "00080050 SH": identity.accessionNumber,
    "00080070 LO": "FirstRead",
    "00080080 LO": "Phantom Hospital",
    "00080090 PN": "",
    "00081030 LO": identity.studyDescription,
    "00081090 LO": "Phantom",
    "00100010 PN": identity.patientName,
    "00100020 LO": identity.patientId,
    "00100030 DA": identity.birthDate,
    "00100040 CS": identity.sex,
    "00101010 AS": `${String(Math.floor(ageYears)).padStart(3, "0")}Y`,
    "00181020 LO": "1",
    "0020000D UI": uidFrom(`${key} study`),
    "00200010 SH": identity.accessionNumber,
    "00204000 LT": "Synthetic phantom: computed, not a patient.",
    "00400275 SQ": [{ "00400009 SH": "1", "00401001 SH": identity.accessionNumber }],
    "00401003 SH": REQUESTED_PRIORITY[identity.orderPriority],
  };
}

/** What an axial CT series needs beside the common elements. */
export interface AxialSeries {
  readonly seriesNumber: number;
  readonly description: string;
  readonly bodyPart: string;
  readonly kernel: string;
  readonly gantryTiltDeg: number;
  readonly fieldOfViewMm: number;
  readonly thicknessMm: number;
  readonly orientation: readonly number[];
  /** HU are stored as 12 bits unsigned from −1024, or as 16 bits signed. */
  readonly unsigned: boolean;
}

export interface AxialImage {
  readonly hu: Int16Array;
  readonly rows: number;
  readonly columns: number;
  readonly spacingMm: readonly [number, number];
  readonly position: readonly number[];
  readonly locationMm: number;
  readonly sopInstanceUid: string;
}

/** One CT Image Storage instance. */
export function axialInstance(
  shape: StudyShape,
  identity: PhantomIdentity,
  series: AxialSeries,
  image: AxialImage,
  number: number,
): Uint8Array {
  const window = series.bodyPart === "HEAD" ? ["40", "80"] : ["40", "400"];
  return writePart10({
    ...commonElements(shape, identity),
    "00080008 CS": "ORIGINAL\\PRIMARY\\AXIAL",
    "00080016 UI": CT_IMAGE_STORAGE,
    "00080018 UI": image.sopInstanceUid,
    "00080060 CS": "CT",
    "0008103E LO": series.description,
    "00180015 CS": series.bodyPart,
    "00180022 CS": "AXIAL MODE",
    "00180050 DS": decimal(series.thicknessMm),
    "00180060 DS": "120",
    "00180090 DS": "500",
    "00181030 LO": series.bodyPart === "HEAD" ? "Head routine" : "Chest routine",
    "00181100 DS": decimal(series.fieldOfViewMm),
    "00181120 DS": decimal(series.gantryTiltDeg),
    "00181150 IS": "1000",
    "00181151 IS": "220",
    "00181152 IS": "220",
    "00181160 SH": "HEAD FILTER",
    "00181210 SH": series.kernel,
    "00185100 CS": "HFS",
    "0020000E UI": uidFrom(`${shape.key} series ${series.seriesNumber}`),
    "00200011 IS": String(series.seriesNumber),
    "00200012 IS": "1",
    "00200013 IS": String(number),
    "00200032 DS": decimals(image.position),
    "00200037 DS": decimals(series.orientation),
    "00200052 UI": uidFrom(`${shape.key} frame`),
    "00201040 LO": "",
    "00201041 DS": decimal(image.locationMm),
    ...pixelElements(image, series.unsigned),
    "00281050 DS": window[0] ?? "40",
    "00281051 DS": window[1] ?? "80",
  });
}

function pixelElements(
  { hu, rows, columns, spacingMm }: Pick<AxialImage, "hu" | "rows" | "columns" | "spacingMm">,
  unsigned: boolean,
): Elements {
  const stored = unsigned ? Uint16Array.from(hu, (value) => Math.max(0, Math.min(4095, value + 1024))) : hu;
  return {
    "00280002 US": [1],
    "00280004 CS": "MONOCHROME2",
    "00280010 US": [rows],
    "00280011 US": [columns],
    "00280030 DS": decimals(spacingMm),
    "00280100 US": [16],
    "00280101 US": [unsigned ? 12 : 16],
    "00280102 US": [unsigned ? 11 : 15],
    "00280103 US": [unsigned ? 0 : 1],
    "00281052 DS": unsigned ? "-1024" : "0",
    "00281053 DS": "1",
    "00281054 LO": "HU",
    "7FE00010 OW": new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  };
}

/** The axial series, an instance a slice, from the lowest. */
export function phantomToDicom(study: PhantomStudy, identity: PhantomIdentity): Uint8Array[] {
  const { options } = study;
  const shape = studyShape(study);
  const series: AxialSeries = {
    seriesNumber: 2,
    description: `Head ${decimal(options.sliceThicknessMm)} mm`,
    bodyPart: "HEAD",
    kernel: options.sharpness >= SHARP_KERNEL ? "SHARP" : "STANDARD",
    gantryTiltDeg: options.gantryTiltDeg,
    fieldOfViewMm: options.fieldOfViewMm,
    thicknessMm: options.sliceThicknessMm,
    orientation: [...study.rowDirection, ...study.columnDirection],
    unsigned: options.seed % 2 === 0,
  };
  return study.slices.map((slice, index) => {
    const position = study.positionsMm[index] ?? [0, 0, 0];
    const image: AxialImage = { ...slice, position, locationMm: slice.positionMm };
    return axialInstance(shape, identity, series, image, index + 1);
  });
}

/** A lateral localizer (scout) of the study: mean attenuation from side to side. */
export function phantomLocalizer(study: PhantomStudy, identity: PhantomIdentity): Uint8Array {
  const shape = studyShape(study);
  const { rows, fieldOfViewMm, sliceSpacingMm } = study.options;
  const profiles = study.slices.map(({ hu }) =>
    Float32Array.from({ length: rows }, (_, y) => {
      let sum = 0;
      for (let x = 0; x < rows; x++) sum += Math.max(0, 1000 + (hu[y * rows + x] ?? 0));
      return sum / rows;
    }),
  );
  const pixelMm = fieldOfViewMm / rows;
  const height = Math.round((study.slices.length * sliceSpacingMm) / pixelMm);
  const hu = new Int16Array(height * rows);
  for (let r = 0; r < height; r++) {
    const at = Math.max(
      0,
      Math.min(profiles.length - 1.001, ((height - r) * pixelMm) / sliceSpacingMm - 0.5),
    );
    const low = profiles[Math.floor(at)];
    const high = profiles[Math.floor(at) + 1];
    if (low === undefined || high === undefined) continue;
    const t = at - Math.floor(at);
    for (let y = 0; y < rows; y++)
      hu[r * rows + y] = Math.round(((low[y] ?? 0) * (1 - t) + (high[y] ?? 0) * t) * 0.6 - 250);
  }
  const top = study.positionsMm.at(-1) ?? [0, 0, 0];
  return writePart10({
    ...commonElements(shape, identity),
    "00080008 CS": "ORIGINAL\\PRIMARY\\LOCALIZER",
    "00080016 UI": CT_IMAGE_STORAGE,
    "00080018 UI": uidFrom(`${shape.key} localizer`),
    "00080060 CS": "CT",
    "0008103E LO": "Scout",
    "00180015 CS": "HEAD",
    "00180022 CS": "SCOUT MODE",
    "00180050 DS": decimal(pixelMm),
    "00180060 DS": "120",
    "00185100 CS": "HFS",
    "0020000E UI": uidFrom(`${shape.key} series 1`),
    "00200011 IS": "1",
    "00200012 IS": "1",
    "00200013 IS": "1",
    "00200032 DS": decimals([0, -fieldOfViewMm / 2, top[2]]),
    "00200037 DS": decimals([0, 1, 0, 0, 0, -1]),
    "00200052 UI": uidFrom(`${shape.key} frame`),
    "00201040 LO": "",
    ...pixelElements({ hu, rows: height, columns: rows, spacingMm: [pixelMm, pixelMm] }, false),
    "00281050 DS": "100",
    "00281051 DS": "600",
  });
}

/** The scanner's dose page: a secondary capture with lettering on black. */
export function dosePage(shape: StudyShape, identity: PhantomIdentity, slices: number): Uint8Array {
  const size = 512;
  const page = new Uint8Array(size * size);
  const lines = [
    "DOSE REPORT",
    "",
    "SERIES  TYPE     CTDIVOL   DLP",
    "1       SCOUT    0.1       2",
    `2       AXIAL    52.4      ${Math.round(slices * 26)}`,
    "",
    "PHANTOM: COMPUTED, NOT A PATIENT",
  ];
  lines.forEach((line, i) => drawText(page, size, line, 24, 40 + 28 * i));
  return writePart10({
    ...commonElements(shape, identity),
    "00080008 CS": "DERIVED\\SECONDARY",
    "00080016 UI": SECONDARY_CAPTURE_STORAGE,
    "00080018 UI": uidFrom(`${shape.key} dose page`),
    "00080060 CS": "CT",
    "00080064 CS": "WSD",
    "0008103E LO": "Dose Report",
    "00180015 CS": "HEAD",
    "0020000E UI": uidFrom(`${shape.key} series 999`),
    "00200011 IS": "999",
    "00200013 IS": "1",
    "00200020 CS": "",
    "00280002 US": [1],
    "00280004 CS": "MONOCHROME2",
    "00280010 US": [size],
    "00280011 US": [size],
    "00280100 US": [8],
    "00280101 US": [8],
    "00280102 US": [7],
    "00280103 US": [0],
    "00280301 CS": "YES",
    "7FE00010 OB": page,
  });
}
