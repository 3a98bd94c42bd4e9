/**
 * @file A tensor as ONNX stores it: element type, shape, data in row-major order.
 */

/** The element types this project reads and writes, by their ONNX `TensorProto.DataType` number. */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** float16 stands as its bits (Uint16Array); bool as 0 and 1 (Uint8Array). */
export interface TensorData {
  readonly float32: Float32Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly bool: Uint8Array;
  readonly float16: Uint16Array;
  readonly float64: Float64Array;
}

export type Tensor = {
  readonly [T in ElementType]: {
    readonly type: T;
    readonly shape: readonly number[];
    readonly data: TensorData[T];
  };
}[ElementType];

export type FloatTensor = Extract<Tensor, { type: "float32" }>;

const VIEWS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
} as const;

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * A tensor over little-endian bytes, which are copied.
 * @throws RangeError when the bytes are not as many as the shape says
 */
export function tensorFromBytes(type: ElementType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const View = VIEWS[type];
  const expected = sizeOf(shape) * View.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== expected) {
    throw new RangeError(
      `tensor ${type} [${shape.join(", ")}] needs ${expected} bytes, got ${bytes.byteLength}`,
    );
  }
  const { buffer } = Uint8Array.from(bytes);
  return { type, shape, data: new View(buffer) } as Tensor;
}

/** The bytes of a tensor, little endian as the machines this runs on. Not copied. */
export function tensorBytes({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * A float32 tensor.
 * @throws RangeError when the data is not as long as the shape says
 */
export function floats(shape: readonly number[], data: Float32Array | readonly number[]): FloatTensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`shape [${shape.join(", ")}] needs ${sizeOf(shape)} values, got ${data.length}`);
  }
  return { type: "float32", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A float32 scalar, shape `[]`. */
export function scalar(value: number): FloatTensor {
  return floats([], [value]);
}

/** A list of int64, shape `[values.length]`: what Reshape, Slice, ReduceSum and their like take. */
export function ints(values: readonly number[]): Tensor {
  return { type: "int64", shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** The value of an IEEE 754 half-precision number given by its 16 bits. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const FLOAT_BITS = new Float32Array(1);
const BITS = new Uint32Array(FLOAT_BITS.buffer);

/** The 16 bits of the half-precision number nearest to a value, ties to even; beyond 65,504 it is infinite. */
export function numberToFloat16(value: number): number {
  FLOAT_BITS[0] = value;
  const bits = BITS[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(FLOAT_BITS[0] ?? 0);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  // Below the smallest normal number (2^-14) a step is 2^-24; above, 2^-10 of the power of two.
  const exponent = Math.max(-14, Math.min(16, Math.floor(Math.log2(magnitude || 2 ** -24))));
  const steps = roundToEven(magnitude / 2 ** (exponent - 10));
  const whole = exponent === -14 ? steps : ((exponent + 14) << 10) + steps;
  return sign | Math.min(whole, 0x7c00);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2 === 1) ? below + 1 : below;
}
