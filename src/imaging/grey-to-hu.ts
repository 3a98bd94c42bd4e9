/**
 * @file Hounsfield units guessed from a grey image that shows one window: what a JPG of a head CT allows.
 *
 * Inside the window the windowing is undone (PS3.3 C.11.2.1.2.1). White is "at least the upper edge": a large white
 * area is bone, denser the deeper inside it, a small one calcium or dense clot. Black is "at most the lower edge":
 * what touches the border is air, a solid black area in the head is fat or air, single black pixels are CSF. Enough
 * for finding the skull and seeing the brain; not a measurement. Pure.
 */
import type { Window } from "../domain/slice.ts";
import { AIR_HU } from "../domain/slice.ts";
import type { Mask } from "./morphology.ts";
import { borderPixels, components, distanceTo, flood } from "./morphology.ts";

/** A grey image, 0 (at or below the window) to 255 (at or above it). */
export interface GreyImage {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`. */
  readonly grey: Uint8Array;
}

/** Compression leaves white a little below 255. */
const WHITE = 253;
/** A white area of at most this share of the image, and this far from fat and air, is calcium or clot, not bone. */
const SMALL_WHITE_SHARE = 1 / 1600;
const AIR_REACH_PIXELS = 5;
/** Bone: its surface, and how much denser per pixel of depth, up to compact bone. */
const BONE_SURFACE_HU = 250;
const BONE_PER_PIXEL_HU = 200;
const LARGEST_BONE_HU = 1400;
/** Calcium: how much above the window per pixel of depth, up to well below bone. */
const CALCIUM_PER_PIXEL_HU = 12;
const LARGEST_CALCIUM_HU = 140;
/** A solid black area in the head (deeper than this many pixels somewhere). */
const SOLID_BLACK_PIXELS = 2;
const FAT_HU = -90;

/**
 * Hounsfield units of a grey image that shows `window`. Shape `[rows, columns]`.
 *
 * @throws RangeError when the image's length is not rows × columns or the window is not wider than 1.
 */
export function greyWindowToHu({ rows, columns, grey }: GreyImage, window: Window): Int16Array {
  if (grey.length !== rows * columns)
    throw new RangeError(`greyWindowToHu: expected ${rows * columns} pixels, got ${grey.length}`);
  if (!(window.widthHu > 1))
    throw new RangeError(`greyWindowToHu: expected a window wider than 1 HU, got ${window.widthHu}`);
  const lowerHu = window.centerHu - 0.5 - (window.widthHu - 1) / 2;
  const upperHu = lowerHu + window.widthHu - 1;
  const hu = new Int16Array(grey.length);
  for (let i = 0; i < hu.length; i++)
    hu[i] = Math.round(lowerHu + ((grey[i] ?? 0) / 255) * (window.widthHu - 1));
  fillBlack({ rows, columns, grey }, hu, lowerHu);
  fillWhite({ rows, columns, grey }, hu, upperHu);
  return hu;
}

function where({ rows, columns, grey }: GreyImage, test: (value: number) => boolean): Mask {
  const inside = new Uint8Array(grey.length);
  for (let i = 0; i < inside.length; i++) inside[i] = test(grey[i] ?? 0) ? 1 : 0;
  return { rows, columns, inside };
}

/** Distance of inside pixels to the nearest outside one. */
function depthIn(mask: Mask): Float32Array {
  return distanceTo({ ...mask, inside: mask.inside.map((is) => 1 - is) });
}

function fillWhite(image: GreyImage, hu: Int16Array, upperHu: number): void {
  const white = where(image, (value) => value >= WHITE);
  const depth = depthIn(white);
  const toAir = distanceTo({ ...white, inside: Uint8Array.from(hu, (value) => (value <= FAT_HU ? 1 : 0)) });
  for (const area of components(white)) {
    const small =
      area.length <= SMALL_WHITE_SHARE * hu.length && area.every((i) => (toAir[i] ?? 0) > AIR_REACH_PIXELS);
    for (const i of area) {
      const pixels = Math.min(depth[i] ?? 1, 10);
      hu[i] = small
        ? Math.min(LARGEST_CALCIUM_HU, upperHu + CALCIUM_PER_PIXEL_HU * pixels)
        : Math.min(LARGEST_BONE_HU, BONE_SURFACE_HU + BONE_PER_PIXEL_HU * (pixels - 1));
    }
  }
}

function fillBlack(image: GreyImage, hu: Int16Array, lowerHu: number): void {
  const black = where(image, (value) => value === 0);
  const outside = flood(black, borderPixels(image.rows, image.columns)).inside;
  const depth = depthIn(black);
  for (const area of components(black)) {
    const solid = area.some((i) => (depth[i] ?? 0) > SOLID_BLACK_PIXELS);
    for (const i of area) hu[i] = outside[i] === 1 ? AIR_HU : solid ? Math.min(lowerHu, FAT_HU) : lowerHu;
  }
}
