/**
 * @file Which part of the image a feature map covers, as `src/nn` measures where its cells look.
 */
import type { Region } from "../domain/finding.ts";
import { measuredGrid } from "../nn/measured-grid.ts";
import type { Model } from "../nn/model.ts";
import type { SessionOptions } from "../nn/session.ts";

/**
 * The part of the image that the cells of a layer look at, as fractions of its sides; it may reach beyond. The whole
 * image where the cells do not lie on a grid.
 *
 * @param image `[channels, height, width]` of the model's input
 * @param cells how many the layer has down and across
 */
export async function measuredRegion(
  model: Model,
  layer: string,
  image: readonly [channels: number, height: number, width: number],
  cells: readonly [rows: number, columns: number],
  session?: SessionOptions,
): Promise<Region> {
  const grid = await measuredGrid(model, layer, image, cells, session);
  if (!grid) return { top: 0, left: 0, rows: 1, columns: 1 };
  const [down, across] = grid;
  const [, height, width] = image;
  return {
    top: down.start / height,
    left: across.start / width,
    rows: (down.count * down.step) / height,
    columns: (across.count * across.step) / width,
  };
}
