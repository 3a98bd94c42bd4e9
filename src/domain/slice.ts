/**
 * @file A slice: one decoded 2-D image of an Instance (or of one frame), in Hounsfield units.
 */

/** A display window, in Hounsfield units. DICOM: WindowCenter, WindowWidth. */
export interface Window {
  readonly centerHu: number;
  readonly widthHu: number;
}

/** The three windows every slice is seen through, in the model's channel order (R, G, B). */
export const HEAD_CT_WINDOWS: readonly [Window, Window, Window] = [
  { centerHu: 40, widthHu: 80 },
  { centerHu: 80, widthHu: 200 },
  { centerHu: 600, widthHu: 2800 },
];

/** One decoded image. Row-major: pixel (row, column) is `hu[row * columns + column]`. */
export interface Slice {
  readonly sopInstanceUid: string;
  /** 1 for a single-frame Instance; DICOM numbers frames from 1. */
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  /** Hounsfield units, `[rows, columns]`; padding is the value of air. */
  readonly hu: Int16Array;
  /** Distance between pixel centres: between rows, between columns. */
  readonly spacingMm: readonly [rowMm: number, columnMm: number];
  /** Position along the series' normal (increasing towards the head where the patient axes are known). */
  readonly positionMm: number;
  /** SliceThickness, or the distance to the neighbour when the header has none; null when neither is known. */
  readonly thicknessMm: number | null;
}

/** Air outside the patient; what padding and lost pixels become. */
export const AIR_HU = -1024;
