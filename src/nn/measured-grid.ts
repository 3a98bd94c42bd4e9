/**
 * @file Where the cells of a feature map look on the input image, measured.
 *
 * Padding by one on both sides of an even image moves the cells of a strided network to the left and up by up to half a
 * cell each, if all parts of a kernel weigh alike. Trained ones do not: their kernels lean back towards cells that lie
 * evenly on the image (Alsallakh et al. 2021, arXiv 2010.02178), so a map placed by padding alone points beside the
 * finding. What a cell looks at is measured by its gradient: the centre of the effective receptive field (Luo et al.
 * 2016, arXiv 1701.04128).
 */
import { GraphBuilder } from "./builder.ts";
import { cellGrid } from "./cell-grid.ts";
import type { CellAxis } from "./cell-grid.ts";
import { differentiate, gradientName } from "./differentiate.ts";
import { GraphError } from "./model.ts";
import type { Model } from "./model.ts";
import { Session } from "./session.ts";
import type { SessionOptions } from "./session.ts";
import { extract } from "./subgraph.ts";
import { floats } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

/** Of cells along both axes, or of an image. */
type Extent = readonly [rows: number, columns: number];
type Grid = readonly [rows: CellAxis, columns: CellAxis];

/** Images of noise that each cell is measured on: what one tells of the centre scatters by a few pixels. */
const IMAGES = 2;
/** Standard deviation of their pixels, that of a normalised image. */
const NOISE = 1;
/** Gradients further from where a cell lies by padding than so many cells are tails, which the image's rim cuts. */
const REACH_CELLS = 2;
/** A grid this close to an even one, in pixels, is taken as it is. */
const EVEN_PIXELS = 0.5;

const CHOSEN = "measured cell";

/** An image of noise: numbers that are the same each time (Vigna 2016's mixing of a counter). */
function noise(shape: readonly number[], seed: number): FloatTensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const uniform = (i: number): number => {
    let z = Math.imul(i + seed * length + 1, 0x9e3779b9);
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
  const halfWidth = NOISE * Math.sqrt(3);
  return floats(
    shape,
    Float32Array.from({ length }, (_, i) => (2 * uniform(i) - 1) * halfWidth),
  );
}

/** Where cells would start if they lay evenly on the image. */
const evenStart = ({ count, step }: CellAxis, pixels: number): number => (pixels - count * step) / 2;

/** The graph of the gradient of one cell, all channels summed, at the image. */
function cellGradient(model: Model, value: string, channels: number, image: Extent, cells: Extent): Model {
  const cut = extract(model, [value]);
  const inputs = cut.inputs.map((input) => ({ ...input, shape: [1, channels, ...image] }));
  const graph = new GraphBuilder({ ...cut, inputs, outputs: [] });
  graph.input(CHOSEN, [1, 1, ...cells]);
  const cell = graph.add("Mul", [value, CHOSEN]);
  const score = graph.add("ReduceSum", [cell, graph.ints([0, 1, 2, 3])], { keepdims: 0 });
  const [input] = inputs;
  const whole = differentiate(graph.build(), { of: score, withRespectTo: [input?.name ?? ""] });
  return extract(whole, [gradientName(input?.name ?? "")]);
}

/** The four cells in the middle. */
function middleCells([rows, columns]: Extent): Extent[] {
  const [row, column] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  const [above, before] = [Math.max(0, row - 1), Math.max(0, column - 1)];
  return [
    [row, column],
    [row, before],
    [above, column],
    [above, before],
  ];
}

/** Sums of a gradient's square: of itself, and times how far it lies from a centre. */
class Moments {
  #energy = 0;
  readonly #away: [number, number] = [0, 0];

  add({ data }: FloatTensor, [height, width]: Extent, centre: Extent, reach: Extent): void {
    data.forEach((value, i) => {
      const down = (Math.floor(i / width) % height) - centre[0];
      const right = (i % width) - centre[1];
      if (Math.abs(down) > reach[0] || Math.abs(right) > reach[1]) return;
      const energy = value * value;
      this.#energy += energy;
      this.#away[0] += energy * down;
      this.#away[1] += energy * right;
    });
  }

  /** How far the energy's centre lies from the centres given. */
  away(): Extent {
    const [down, right] = this.#away;
    return this.#energy > 0 ? [down / this.#energy, right / this.#energy] : [0, 0];
  }
}

/** A grid moved by what was measured, at most to where it lies evenly. */
function moved(axis: CellAxis, by: number, pixels: number): CellAxis {
  const even = evenStart(axis, pixels);
  const [low, high] = [Math.min(axis.start, even), Math.max(axis.start, even)];
  return { ...axis, start: Math.min(high, Math.max(low, axis.start + by)) };
}

/**
 * Where the cells of `value` `[N, C, rows, columns]` look on an image; by padding alone where that lies evenly anyway,
 * or where an operator has no gradient rule. null where padding does not tell either.
 * @param image `[channels, rows, columns]`
 */
export async function measuredGrid(
  model: Model,
  value: string,
  image: readonly [channels: number, rows: number, columns: number],
  cells: Extent,
  options: SessionOptions = {},
): Promise<Grid | null> {
  const [channels, height, width] = image;
  const rows = cellGrid(model, value, height, [cells[0], cells[0]])?.[0];
  const columns = cellGrid(model, value, width, [cells[1], cells[1]])?.[1];
  if (!rows || !columns) return null;
  const isEven = (axis: CellAxis, pixels: number): boolean =>
    Math.abs(axis.start - evenStart(axis, pixels)) <= EVEN_PIXELS;
  if (isEven(rows, height) && isEven(columns, width)) return [rows, columns];
  try {
    const session = await Session.load(cellGradient(model, value, channels, [height, width], cells), options);
    const away = await measure(session, { image, cells, grid: [rows, columns] }).finally(() =>
      session.dispose(),
    );
    return [moved(rows, away[0], height), moved(columns, away[1], width)];
  } catch (error) {
    if (error instanceof GraphError) return [rows, columns];
    throw error;
  }
}

interface Measured {
  readonly image: readonly [channels: number, rows: number, columns: number];
  readonly cells: Extent;
  readonly grid: Grid;
}

/** How far the middle cells look from where padding puts them, in pixels down and right. */
async function measure(session: Session, { image, cells, grid }: Measured): Promise<Extent> {
  const [, height, width] = image;
  const name = session.inputNames.find((input) => input !== CHOSEN) ?? "";
  const moments = new Moments();
  const centreOf = ({ start, step }: CellAxis, cell: number): number => start + (cell + 0.5) * step - 0.5;
  for (let n = 0; n < IMAGES; n++)
    for (const [row, column] of middleCells(cells)) {
      const chosen = new Float32Array(cells[0] * cells[1]);
      chosen[row * cells[1] + column] = 1;
      const feeds = { [name]: noise([1, ...image], n), [CHOSEN]: floats([1, 1, ...cells], chosen) };
      const [gradient] = Object.values(await session.run(feeds));
      if (gradient?.type !== "float32") continue;
      const centre = [centreOf(grid[0], row), centreOf(grid[1], column)] as const;
      moments.add(gradient, [height, width], centre, [
        REACH_CELLS * grid[0].step,
        REACH_CELLS * grid[1].step,
      ]);
    }
  return moments.away();
}
