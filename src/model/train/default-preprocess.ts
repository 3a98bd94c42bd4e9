/**
 * @file How DICOM slices are prepared for a model trained from pictures, where the pictures do not say.
 */
import type { PreprocessSpec } from "../preprocess.ts";

export const DEFAULT_PREPROCESS: PreprocessSpec = {
  size: 256,
  fieldMm: 192,
  slabMm: 5,
  smoothMm: 1,
  grainHu: 1.3,
  brainHu: 33,
  largestShiftHu: 8,
};
