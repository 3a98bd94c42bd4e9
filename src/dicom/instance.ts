/**
 * @file An instance's header: the attributes FirstRead uses, read from a file's bytes without its pixels.
 *
 * Tolerant: only the identifying UIDs must be there. Attribute names are PS3.6's.
 */
import type { StudyHeader, WrittenAttributes } from "../domain/study.ts";
import { decodeText } from "./charset.ts";
import { PIXEL_DATA, UnreadableInstance } from "./dataset.ts";
import type { DataSet } from "./dataset.ts";
import { openInstance } from "./part10.ts";
import type { OpenedInstance } from "./part10.ts";
import { displayAge, displayName, instant, orderPriority } from "./patient.ts";

export { UnreadableInstance };

export type Vector3 = readonly [number, number, number];
/** ImageOrientationPatient: the direction along a row, then along a column. */
export type Orientation = readonly [number, number, number, number, number, number];

/** Plain and serialisable. Strings are "" and numbers null where the attribute is absent or not a value. */
export interface InstanceHeader extends StudyHeader {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** What queries are matched with, as it is written: PatientName (all its groups), DA, TM, … */
  readonly asWritten: WrittenAttributes;
  readonly modality: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | null;
  readonly instanceNumber: number | null;
  readonly imageType: readonly string[];
  readonly bodyPart: string;
  readonly protocolName: string;
  readonly convolutionKernel: string;
  readonly contrastAgent: string;
  readonly manufacturer: string;
  readonly rows: number;
  readonly columns: number;
  readonly numberOfFrames: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** 0 unsigned, 1 signed. */
  readonly pixelRepresentation: number;
  readonly photometricInterpretation: string;
  /** Of the first frame, where there are several. */
  readonly imagePositionPatient: Vector3 | null;
  readonly imageOrientationPatient: Orientation | null;
  readonly sliceLocationMm: number | null;
  readonly pixelSpacingMm: readonly [rowMm: number, columnMm: number] | null;
  readonly sliceThicknessMm: number | null;
  readonly gantryTiltDegrees: number | null;
  readonly rescaleSlope: number | null;
  readonly rescaleIntercept: number | null;
  readonly hasPixelData: boolean;
}

/**
 * The header of a DICOM file's bytes.
 *
 * @throws UnreadableInstance with the reason in plain words
 */
export function parseHeader(bytes: Uint8Array): InstanceHeader {
  return headerOf(openInstance(bytes, "header"));
}

/** The header of an opened file. Throws like `parseHeader`. */
export function headerOf({
  transferSyntaxUid,
  mediaStorageSopClassUid,
  dataSet,
}: OpenedInstance): InstanceHeader {
  const characterSets = dataSet.strings(0x00080005);
  const text = (tag: number): string => {
    const value = dataSet.value(tag);
    return value === undefined ? "" : decodeText(value, characterSets).trim();
  };
  const studyDate = dataSet.string(0x00080020);
  return {
    studyInstanceUid: uid(dataSet, 0x0020000d, "StudyInstanceUID"),
    patient: {
      name: displayName(text(0x00100010)),
      id: text(0x00100020),
      sex: dataSet.string(0x00100040),
      age: displayAge(dataSet.string(0x00101010), dataSet.string(0x00100030), studyDate),
    },
    accessionNumber: text(0x00080050),
    description: text(0x00081030),
    orderPriority: orderPriority(dataSet.string(0x00401003), dataSet.string(0x0032000c)),
    studyAt: instant(studyDate, dataSet.string(0x00080030)),
    sopClassUid: dataSet.string(0x00080016) || mediaStorageSopClassUid,
    sopInstanceUid: uid(dataSet, 0x00080018, "SOPInstanceUID"),
    seriesInstanceUid: uid(dataSet, 0x0020000e, "SeriesInstanceUID"),
    transferSyntaxUid,
    asWritten: {
      patientName: text(0x00100010),
      patientBirthDate: dataSet.string(0x00100030),
      studyDate,
      studyTime: dataSet.string(0x00080030),
      studyId: text(0x00200010),
      referringPhysicianName: text(0x00080090),
    },
    modality: dataSet.string(0x00080060),
    seriesDescription: text(0x0008103e),
    seriesNumber: dataSet.decimal(0x00200011),
    instanceNumber: dataSet.decimal(0x00200013),
    imageType: dataSet.strings(0x00080008),
    bodyPart: dataSet.string(0x00180015),
    protocolName: text(0x00181030),
    convolutionKernel: text(0x00181210),
    contrastAgent: text(0x00180010),
    manufacturer: text(0x00080070),
    rows: dataSet.uint16(0x00280010) ?? 0,
    columns: dataSet.uint16(0x00280011) ?? 0,
    numberOfFrames: dataSet.decimal(0x00280008) ?? 1,
    samplesPerPixel: dataSet.uint16(0x00280002) ?? 1,
    bitsAllocated: dataSet.uint16(0x00280100) ?? 0,
    bitsStored: dataSet.uint16(0x00280101) ?? 0,
    pixelRepresentation: dataSet.uint16(0x00280103) ?? 0,
    photometricInterpretation: dataSet.string(0x00280004),
    ...frameAttributes(dataSet)(0),
    gantryTiltDegrees: dataSet.decimal(0x00181120),
    hasPixelData: (dataSet.element(PIXEL_DATA)?.length ?? 0) > 0,
  };
}

function uid(dataSet: DataSet, tag: number, name: string): string {
  const value = dataSet.string(tag);
  if (value === "") throw new UnreadableInstance(`the instance has no ${name}, so it belongs nowhere`);
  return value;
}

/** What a frame has of its own: in the data set itself, or in an enhanced object's functional groups. */
export type FrameAttributes = Pick<
  InstanceHeader,
  | "imagePositionPatient"
  | "imageOrientationPatient"
  | "sliceLocationMm"
  | "pixelSpacingMm"
  | "sliceThicknessMm"
  | "rescaleSlope"
  | "rescaleIntercept"
>;

/** The data sets in which each kind of frame attribute is looked for. */
interface FrameGroups {
  readonly position: DataSet;
  readonly orientation: DataSet;
  readonly measures: DataSet;
  readonly transformation: DataSet;
}

function attributesOf({ position, orientation, measures, transformation }: FrameGroups): FrameAttributes {
  const spacing = measures.decimals(0x00280030, 2);
  return {
    imagePositionPatient: position.decimals(0x00200032, 3) as Vector3 | null,
    imageOrientationPatient: orientation.decimals(0x00200037, 6) as Orientation | null,
    sliceLocationMm: position.decimal(0x00201041),
    pixelSpacingMm: spacing === null ? null : [spacing[0] ?? 0, spacing[1] ?? 0],
    sliceThicknessMm: measures.decimal(0x00180050),
    rescaleSlope: transformation.decimal(0x00281053),
    rescaleIntercept: transformation.decimal(0x00281052),
  };
}

/** How many frames have functional groups of their own. */
export const framesPlaced = (dataSet: DataSet): number => dataSet.items(PER_FRAME_FUNCTIONAL_GROUPS).length;

const SHARED_FUNCTIONAL_GROUPS = 0x52009229;
const PER_FRAME_FUNCTIONAL_GROUPS = 0x52009230;

/**
 * Where a frame's attributes are: `frameAttributes(dataSet)(index)`, the index from 0. Functional groups
 * (PS3.3 C.7.6.16) go before the data set itself, the frame's own before the shared.
 */
export function frameAttributes(dataSet: DataSet): (index: number) => FrameAttributes {
  const shared = dataSet.items(SHARED_FUNCTIONAL_GROUPS)[0];
  const perFrame = dataSet.items(PER_FRAME_FUNCTIONAL_GROUPS);
  return (index) => {
    const own = perFrame[index];
    const group = (tag: number): DataSet => own?.items(tag)[0] ?? shared?.items(tag)[0] ?? dataSet;
    return attributesOf({
      position: group(0x00209113),
      orientation: group(0x00209116),
      measures: group(0x00289110),
      transformation: group(0x00289145),
    });
  };
}
