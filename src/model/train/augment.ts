/**
 * @file Augmentation: a picture changed in ways that leave its class alone. Pure; the same numbers, the same change.
 *
 * Geometry (flip, rotation, scale, shift) is one affine map, sampled once. Grey values change as they would had the
 * window been set a little otherwise: an affine map per channel, saturating. A value of 0 or 255 lies outside the
 * window, or outside the head, and stays there.
 */
import { normal } from "./random.ts";

/** How far each change may go; 0 for none. */
export interface Augmentation {
  /** Chance of mirroring left and right, and of mirroring top and bottom. */
  readonly flipHorizontal: number;
  readonly flipVertical: number;
  /** Degrees to either side. */
  readonly rotation: number;
  /** Share of the side, in each direction. */
  readonly shift: number;
  /** 0.1: from 1 / 1.1 to 1.1 times the size. */
  readonly scale: number;
  /** Level: share of the window's width that a channel moves by; width: share it widens or narrows by. */
  readonly windowLevel: number;
  readonly windowWidth: number;
  /** Level of all channels together, share of 255. */
  readonly brightness: number;
  /** Largest standard deviation of added noise, share of 255. */
  readonly noise: number;
  /** Chance of a 3 × 3 binomial blur. */
  readonly blur: number;
}

/** For axial heads: upright, either side, any scanner's window, grain and sharpness. */
export const DEFAULT_AUGMENTATION: Augmentation = {
  flipHorizontal: 0.5,
  flipVertical: 0,
  rotation: 15,
  shift: 0.06,
  scale: 0.1,
  windowLevel: 0.05,
  windowWidth: 0.1,
  brightness: 0.02,
  noise: 0.02,
  blur: 0.25,
};

const CHANNELS = 3;

/** A number from -most to most. */
const either = (random: () => number, most: number): number => (2 * random() - 1) * most;

/** Where a pixel of the result is read from: `[x, y] → [a x + b y + c, d x + e y + f]`, in pixels from the centre. */
type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

function drawAffine(recipe: Augmentation, size: number, random: () => number): Affine {
  const mirrorX = random() < recipe.flipHorizontal ? -1 : 1;
  const mirrorY = random() < recipe.flipVertical ? -1 : 1;
  const angle = (either(random, recipe.rotation) * Math.PI) / 180;
  const zoom = (1 + recipe.scale) ** either(random, 1);
  const [shiftX, shiftY] = [either(random, recipe.shift) * size, either(random, recipe.shift) * size];
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
  return [mirrorX * cos, mirrorX * sin, shiftX, -mirrorY * sin, mirrorY * cos, shiftY];
}

/** The picture `[size, size, 3]` read through an affine map, between pixels linearly; black outside. */
function sample(rgb: Uint8Array, size: number, [a, b, c, d, e, f]: Affine): Uint8Array {
  const result = new Uint8Array(rgb.length);
  const centre = (size - 1) / 2;
  const row = size * CHANNELS;
  for (let y = 0, to = 0; y < size; y++) {
    for (let x = 0; x < size; x++, to += CHANNELS) {
      const fromX = a * (x - centre) + b * (y - centre) + c + centre;
      const fromY = d * (x - centre) + e * (y - centre) + f + centre;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      if (left < 0 || top < 0 || left >= size - 1 || top >= size - 1) continue;
      const [right, below] = [fromX - left, fromY - top];
      const at = top * row + left * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const i = at + channel;
        const upper = (rgb[i] ?? 0) * (1 - right) + (rgb[i + CHANNELS] ?? 0) * right;
        const lower = (rgb[i + row] ?? 0) * (1 - right) + (rgb[i + row + CHANNELS] ?? 0) * right;
        result[to + channel] = upper * (1 - below) + lower * below + 0.5;
      }
    }
  }
  return result;
}

/** Weights 1 2 1 along rows and columns, the edge repeated. */
function blurred(rgb: Uint8Array, size: number): Uint8Array {
  const pass = (from: Uint8Array, step: number, along: (i: number) => number): Uint8Array =>
    from.map((value, i) => {
      const at = along(Math.floor(i / CHANNELS));
      const before = at > 0 ? (from[i - step] ?? 0) : value;
      const after = at < size - 1 ? (from[i + step] ?? 0) : value;
      return (before + 2 * value + after + 2) >> 2;
    });
  const rows = pass(rgb, CHANNELS, (pixel) => pixel % size);
  return pass(rows, CHANNELS * size, (pixel) => Math.floor(pixel / size));
}

/** One grey value's new place, a table a channel. */
function drawTables(recipe: Augmentation, random: () => number): readonly Float32Array[] {
  const common = either(random, recipe.brightness);
  return Array.from({ length: CHANNELS }, () => {
    const gain = (1 + recipe.windowWidth) ** either(random, 1);
    const offset = 255 * (either(random, recipe.windowLevel) + common);
    return Float32Array.from({ length: 256 }, (_, v) =>
      v === 0 || v === 255 ? v : (v - 127.5) * gain + 127.5 + offset,
    );
  });
}

/** Noise values drawn at once and used over and over: drawing each anew would cost more than all the rest. */
const NOISE_TABLE = Float32Array.from(
  { length: 4096 },
  (() => {
    let state = 1;
    const random = (): number => (state = Math.imul(state, 48271) >>> 0) / 2 ** 32;
    return () => normal(random);
  })(),
);

/**
 * A changed copy of a picture `[size, size, 3]`.
 * @param random numbers of 0…1, of this picture alone
 */
export function augmentPicture(
  rgb: Uint8Array,
  size: number,
  recipe: Augmentation,
  random: () => number,
): Uint8Array {
  const moved = sample(rgb, size, drawAffine(recipe, size, random));
  const shown = random() < recipe.blur ? blurred(moved, size) : moved;
  const tables = drawTables(recipe, random);
  const deviation = 255 * recipe.noise * random();
  for (let i = 0, pixel = 0; i < shown.length; i += CHANNELS, pixel++) {
    if (shown[i] === 0 && shown[i + 1] === 0 && shown[i + 2] === 0) continue;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const value = shown[i + channel] ?? 0;
      if (value === 0 || value === 255) continue;
      const grain = deviation === 0 ? 0 : deviation * (NOISE_TABLE[Math.floor(4096 * random())] ?? 0);
      shown[i + channel] = Math.max(1, Math.min(254, Math.round((tables[channel]?.[value] ?? 0) + grain)));
    }
  }
  return shown;
}
