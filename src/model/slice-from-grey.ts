/**
 * @file A grey picture that shows one window → a slice, as far as that goes.
 */
import type { Slice, Window } from "../domain/slice.ts";
import { greyWindowToHu } from "../imaging/grey-to-hu.ts";
import type { GreyImage } from "../imaging/grey-to-hu.ts";

/** The usual field of a head CT: what the width of a picture is taken to be. */
const USUAL_FIELD_MM = 240;

/** @param pixelMm size of a pixel; by default the picture's longer side is the usual field of a head CT */
export function sliceFromGrey(image: GreyImage, window: Window, pixelMm?: number): Slice {
  const { rows, columns } = image;
  const mm = pixelMm ?? USUAL_FIELD_MM / Math.max(rows, columns);
  return {
    sopInstanceUid: "",
    frame: 1,
    rows,
    columns,
    hu: greyWindowToHu(image, window),
    spacingMm: [mm, mm],
    positionMm: 0,
    thicknessMm: null,
  };
}
