/**
 * @file GGUF files: named tensors (ggml's format; github.com/ggml-org/ggml, `docs/gguf.md`).
 */
import { sizeOf, tensorFromBytes } from "../../nn/tensor.ts";
import type { Tensor } from "../../nn/tensor.ts";

/** A file of weights that is not what its name says, or holds what is not supported. */
export class UnreadableWeights extends Error {
  override readonly name = "UnreadableWeights";
}

const DEFAULT_ALIGNMENT = 32;

/** ggml's tensor types that are supported. */
const TENSOR_TYPES: ReadonlyMap<number, "float32" | "float16"> = new Map([
  [0, "float32"],
  [1, "float16"],
]);

/** GGUF's type numbers of text and list values. */
const TEXT = 8;
const LIST = 9;

/** Reads little-endian values one after the other. */
class Reader {
  offset = 4;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  u64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#advance(8)));
  }

  text(): string {
    const length = this.u64();
    const start = this.#advance(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A metadata value of GGUF's type number. */
  value(type: number): unknown {
    if (type === TEXT) return this.text();
    if (type === LIST) {
      const itemType = this.u32();
      return Array.from({ length: this.u64() }, () => this.value(itemType));
    }
    const bytes = this.#bytes;
    const numbers: readonly [number, (at: number) => unknown][] = [
      [1, (at) => bytes.readUInt8(at)],
      [1, (at) => bytes.readInt8(at)],
      [2, (at) => bytes.readUInt16LE(at)],
      [2, (at) => bytes.readInt16LE(at)],
      [4, (at) => bytes.readUInt32LE(at)],
      [4, (at) => bytes.readInt32LE(at)],
      [4, (at) => bytes.readFloatLE(at)],
      [1, (at) => bytes.readUInt8(at) !== 0],
    ];
    const wide: Readonly<Record<number, (at: number) => unknown>> = {
      10: (at) => Number(bytes.readBigUInt64LE(at)),
      11: (at) => Number(bytes.readBigInt64LE(at)),
      12: (at) => bytes.readDoubleLE(at),
    };
    const narrow = numbers[type];
    if (narrow) return narrow[1](this.#advance(narrow[0]));
    const read = wide[type];
    if (!read) throw new UnreadableWeights(`GGUF: metadata of unknown type ${type} at byte ${this.offset}`);
    return read(this.#advance(8));
  }

  #advance(length: number): number {
    const start = this.offset;
    if (length < 0 || start + length > this.#bytes.length) {
      throw new UnreadableWeights(`GGUF: the file ends at byte ${this.#bytes.length}, within its header`);
    }
    this.offset += length;
    return start;
  }
}

export interface Gguf {
  readonly metadata: ReadonlyMap<string, unknown>;
  /** Shapes in row-major order (GGUF writes them the other way round). */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Read a GGUF file with float tensors.
 * @throws UnreadableWeights when it is no GGUF file, is cut off, or has tensors of another type
 */
export function readGguf(bytes: Buffer): Gguf {
  if (bytes.toString("latin1", 0, 4) !== "GGUF") throw new UnreadableWeights("not a GGUF file");
  const reader = new Reader(bytes);
  const version = reader.u32();
  if (version !== 2 && version !== 3) throw new UnreadableWeights(`GGUF version ${version}; expected 2 or 3`);
  const [tensorCount, metadataCount] = [reader.u64(), reader.u64()];
  const metadata = new Map<string, unknown>();
  for (let i = 0; i < metadataCount; i++) metadata.set(reader.text(), reader.value(reader.u32()));
  const headers = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = reader.text();
    const shape = Array.from({ length: reader.u32() }, () => reader.u64()).reverse();
    headers.push({ name, shape, type: reader.u32(), offset: reader.u64() });
  }
  const alignment = Number(metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT);
  const start = Math.ceil(reader.offset / alignment) * alignment;
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, type: number, offset } of headers) {
    const type = TENSOR_TYPES.get(number);
    if (!type) throw new UnreadableWeights(`GGUF: tensor "${name}" is of type ${number}, which is no float`);
    const from = start + offset;
    const to = from + sizeOf(shape) * (type === "float32" ? 4 : 2);
    if (to > bytes.length) throw new UnreadableWeights(`GGUF: the file ends before tensor "${name}" does`);
    tensors.set(name, tensorFromBytes(type, shape, bytes.subarray(from, to)));
  }
  return { metadata, tensors };
}
