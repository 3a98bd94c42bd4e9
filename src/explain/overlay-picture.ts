/**
 * @file A map over the picture it was made of, as files to look at: overlay PNGs, and sheets of picture and overlay
 * side by side.
 */
import sharp from "sharp";

import type { Region, Saliency } from "../domain/finding.ts";
import { heatRgba, outlineRgba, saliencyOnSlice, saliencyStrength } from "../imaging/overlay.ts";

/** What a reader sees, `[rows, columns, 3]`. */
export interface View {
  readonly rows: number;
  readonly columns: number;
  readonly rgb: Uint8Array;
}

export type OverlayStyle = "heat" | "outline";

/** Opacity of the heat map over the picture: the anatomy stays legible. */
const HEAT_OPACITY = 0.75;
/** The outline runs where the map is half as high as its peak. */
export const OUTLINE_LEVEL = 0.5;
const OUTLINE_COLOUR = [255, 190, 90] as const;

/** A map on the pixels of its view; `[rows, columns]`, 0…1. @param strength what its peak becomes */
export function fieldOn({ rows, columns }: View, saliency: Saliency, strength: number): Float32Array {
  return saliencyOnSlice(saliency, rows, columns, strength);
}

/** How strongly a map is shown beside others: its peak against the reference. */
export const strengthOf = ({ peak }: Saliency, referencePeak: number | null): number =>
  saliencyStrength(peak, referencePeak);

/** A field of 0…1 over a view, `[rows, columns, 3]`. */
export function blend(view: View, field: Float32Array, style: OverlayStyle): View {
  const isHeat = style === "heat";
  const rgba = isHeat ? heatRgba(field) : outlineRgba(field, view.columns, OUTLINE_LEVEL, OUTLINE_COLOUR);
  const rgb = view.rgb.map((value, i) => {
    const pixel = Math.floor(i / 3);
    const alpha = ((rgba[4 * pixel + 3] ?? 0) / 255) * (isHeat ? HEAT_OPACITY : 1);
    return Math.round(value * (1 - alpha) + (rgba[4 * pixel + (i % 3)] ?? 0) * alpha);
  });
  return { ...view, rgb };
}

/** The view as a PNG file's bytes. */
export async function toPng({ rows, columns, rgb }: View): Promise<Buffer> {
  return sharp(rgb, { raw: { width: columns, height: rows, channels: 3 } })
    .png()
    .toBuffer();
}

/** The view as `data:image/jpeg;base64,…`, its longer side at most `side` pixels. */
export async function toDataUri({ rows, columns, rgb }: View, side: number): Promise<string> {
  const image = sharp(rgb, { raw: { width: columns, height: rows, channels: 3 } });
  const jpeg = await image
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 85 })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}

/** Views of one size in a row, a thin black gap between. */
export function sideBySide(views: readonly View[]): View {
  const gap = 4;
  const rows = Math.max(...views.map((view) => view.rows));
  const columns = views.reduce((sum, view) => sum + view.columns, 0) + gap * (views.length - 1);
  const rgb = new Uint8Array(3 * rows * columns);
  let left = 0;
  for (const view of views) {
    for (let row = 0; row < view.rows; row++) {
      const line = view.rgb.subarray(3 * row * view.columns, 3 * (row + 1) * view.columns);
      rgb.set(line, 3 * (row * columns + left));
    }
    left += view.columns + gap;
  }
  return { rows, columns, rgb };
}

/** A map whose region is in fractions of `outer`, with its region in the unit of `outer`. */
export function placed(saliency: Saliency, outer: Region): Saliency {
  const { top, left, rows, columns } = saliency.region;
  return {
    ...saliency,
    region: {
      top: outer.top + top * outer.rows,
      left: outer.left + left * outer.columns,
      rows: rows * outer.rows,
      columns: columns * outer.columns,
    },
  };
}
