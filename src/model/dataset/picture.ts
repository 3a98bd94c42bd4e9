/**
 * @file An instance's bytes → the three-window picture of a training set: R, G, B are the windows.
 *
 * The common case goes straight from stored words to grey levels by one table per format; the values are those of
 * `imaging/window.ts`, or of the window function LINEAR_EXACT, which most notebooks use.
 */
import turbo from "@julusian/jpeg-turbo";

import type { Window } from "../../domain/slice.ts";
import { AIR_HU } from "../../domain/slice.ts";
import { decodeFrames } from "../../dicom/decode.ts";
import type { StoredFrame } from "../../dicom/decode.ts";
import { hounsfieldTable } from "../../imaging/hounsfield.ts";
import type { StoredFormat } from "../../imaging/hounsfield.ts";
import { resize } from "../../imaging/resize.ts";
import { windowExactHu, windowHu } from "../../imaging/window.ts";
import { headSquare } from "./head-square.ts";
import type { Square } from "./head-square.ts";

export const WINDOW_FUNCTIONS = { linear: windowHu, "linear-exact": windowExactHu } as const;
export type WindowFunction = keyof typeof WINDOW_FUNCTIONS;

/** What a picture is to be. */
export interface PictureSpec {
  readonly windows: readonly [Window, Window, Window];
  readonly windowFunction: WindowFunction;
  /** Side of the square picture in pixels; null keeps the slice's own rows and columns. */
  readonly size: number | null;
  /** `head`: the square around the head; `none`: the whole slice. */
  readonly crop: "none" | "head";
  readonly format: "jpg" | "png";
  /** JPEG quality, 1…100; nothing to a PNG. */
  readonly quality: number;
}

/** An instance that is no single slice, or whose picture cannot be made. */
export class UnusableImage extends Error {
  override readonly name = "UnusableImage";
}

/** Grey levels, `[rows, columns, 3]`. */
export interface Rgb {
  readonly rows: number;
  readonly columns: number;
  readonly values: Uint8Array;
}

/** Milliseconds spent on each stage. */
export interface StageMs {
  readonly decode: number;
  readonly window: number;
  readonly encode: number;
}

export interface Picture {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly positionMm: number;
  readonly ms: StageMs;
}

/** Formats seen so far, with their tables; an archive has few. */
const MOST_TABLES = 16;

/** R | G << 8 | B << 16 of every stored word. Shape `[65536]`. */
type WordTable = Uint32Array;

/** Makes pictures to one specification. */
export class PictureMaker {
  readonly #spec: PictureSpec;
  readonly #tables = new Map<string, WordTable>();

  constructor(spec: PictureSpec) {
    this.#spec = spec;
  }

  /**
   * The picture of an instance's bytes.
   * @throws UnreadableInstance, UndecodableImage, UnusableImage with the reason in plain words
   */
  async make(bytes: Uint8Array): Promise<Picture> {
    const startedAt = performance.now();
    const frame = await this.#onlyFrame(bytes);
    const decodedAt = performance.now();
    const rgb = this.render(frame);
    const windowedAt = performance.now();
    const encoded = await this.encode(rgb);
    release(rgb.values);
    release(frame.stored);
    return {
      ...{ bytes: encoded, rows: rgb.rows, columns: rgb.columns, positionMm: frame.positionMm },
      ms: {
        decode: decodedAt - startedAt,
        window: windowedAt - decodedAt,
        encode: performance.now() - windowedAt,
      },
    };
  }

  /** Stored words to grey levels: windows, then the crop, then the size. */
  render({ stored, format, rows, columns }: StoredFrame): Rgb {
    const { crop, size } = this.#spec;
    const whole = throughTable({ rows, columns, stored }, this.#table(format));
    const square = crop === "head" ? headSquare(stored, rows, columns, hounsfieldTable(format)) : null;
    const cropped = square === null ? whole : cut(whole, square);
    if (size === null || (cropped.rows === size && cropped.columns === size)) return cropped;
    return resized(cropped.rows === cropped.columns ? cropped : cut(cropped, squareAround(cropped)), size);
  }

  async #onlyFrame(bytes: Uint8Array): Promise<StoredFrame> {
    const frames = decodeFrames(bytes);
    const first = await frames.next();
    if (first.done === true) throw new UnusableImage("the instance has no frame");
    if (first.value.frames > 1) {
      throw new UnusableImage(`the instance has ${first.value.frames} frames; a label belongs to one image`);
    }
    return first.value;
  }

  #table(format: StoredFormat): WordTable {
    const key = JSON.stringify(format);
    const kept = this.#tables.get(key);
    if (kept) return kept;
    const { windows, windowFunction } = this.#spec;
    const grey = WINDOW_FUNCTIONS[windowFunction];
    const hu = hounsfieldTable(format);
    const table = new Uint32Array(65536);
    windows.forEach((window, channel) => {
      const shift = 8 * channel;
      for (let word = 0; word < 65536; word++)
        table[word] = (table[word] as number) | (grey(hu[word] ?? AIR_HU, window) << shift);
    });
    if (this.#tables.size >= MOST_TABLES) this.#tables.clear();
    this.#tables.set(key, table);
    return table;
  }

  /** Grey levels as a file of the format asked for. */
  async encode({ rows, columns, values }: Rgb): Promise<Uint8Array> {
    const { format, quality } = this.#spec;
    if (format === "png") return pngOf({ rows, columns, values });
    // Windows are not colours, so chroma is not subsampled.
    const options = {
      format: turbo.FORMAT_RGB,
      subsampling: turbo.SAMP_444,
      width: columns,
      height: rows,
      quality,
    };
    return turbo.compressSync(Buffer.from(values.buffer, values.byteOffset, values.byteLength), options);
  }
}

/** A PNG. The library is loaded when the first is made: that takes as long as a hundred JPEGs. */
async function pngOf({ rows, columns, values }: Rgb): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  // Each thread has a picture in hand; a pipeline that splits it up again would only get in the others' way.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp(values, { raw: { width: columns, height: rows, channels: 3 } })
    .png()
    .toBuffer();
}

/**
 * Give memory back at once: left to the garbage collector, the buffers of a hundred slices pile up before it looks.
 * The array is empty afterwards.
 */
export function release({ buffer }: Uint8Array | Uint16Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

function throughTable(
  { rows, columns, stored }: { rows: number; columns: number; stored: Uint16Array },
  table: WordTable,
): Rgb {
  // Four pixels are three words of 32 bits, little endian as every machine that Node runs on.
  const words = new Uint32Array(Math.ceil(stored.length / 4) * 3);
  for (let i = 0, to = 0; i < stored.length; i += 4, to += 3) {
    const second = table[stored[i + 1] as number] as number;
    const third = table[stored[i + 2] as number] as number;
    words[to] = (table[stored[i] as number] as number) | (second << 24);
    words[to + 1] = (second >>> 8) | (third << 16);
    words[to + 2] = (third >>> 16) | ((table[stored[i + 3] as number] as number) << 8);
  }
  return { rows, columns, values: new Uint8Array(words.buffer, 0, 3 * rows * columns) };
}

/** The square of the longer side with the picture in its middle. */
function squareAround({ rows, columns }: Rgb): Square {
  const side = Math.max(rows, columns);
  return { top: Math.floor((rows - side) / 2), left: Math.floor((columns - side) / 2), side };
}

/** A square piece; beyond the picture it is black, which is air in every window. */
function cut({ rows, columns, values }: Rgb, { top, left, side }: Square): Rgb {
  const piece = new Uint8Array(3 * side * side);
  const [from, to] = [Math.max(0, left), Math.min(columns, left + side)];
  for (let row = Math.max(0, top); row < Math.min(rows, top + side); row++) {
    const line = values.subarray(3 * (row * columns + from), 3 * (row * columns + to));
    piece.set(line, 3 * ((row - top) * side + from - left));
  }
  return { rows: side, columns: side, values: piece };
}

/** Pillow's "bilinear", channel by channel. */
function resized({ rows, columns, values }: Rgb, size: number): Rgb {
  const out = new Uint8Array(3 * size * size);
  for (let channel = 0; channel < 3; channel++) {
    const plane = new Float32Array(rows * columns);
    for (let i = 0; i < plane.length; i++) plane[i] = values[3 * i + channel] ?? 0;
    const small = resize({ rows, columns, values: plane }, size, size).values;
    for (let i = 0; i < small.length; i++) out[3 * i + channel] = Math.round(small[i] ?? 0);
  }
  return { rows: size, columns: size, values: out };
}
