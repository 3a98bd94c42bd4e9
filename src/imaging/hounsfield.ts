/**
 * @file Stored pixel values to Hounsfield units: the modality transformation of PS3.3 C.11.1.
 *
 * Every rule (padding, junk above BitsStored, sign, slope, rounding, limits) is in one table of 65,536 entries.
 */
import { AIR_HU } from "../domain/slice.ts";

/** How stored values are to be understood. */
export interface StoredFormat {
  readonly bitsAllocated: 8 | 16;
  /** 1…bitsAllocated. */
  readonly bitsStored: number;
  /** The position of the most significant stored bit: bitsStored − 1 in all but ancient images. */
  readonly highBit: number;
  /** PixelRepresentation 1: two's complement. */
  readonly isSigned: boolean;
  readonly slope: number;
  readonly intercept: number;
  /** PixelPaddingValue and PixelPaddingRangeLimit, as numbers of the same signedness; null without padding. */
  readonly padding: readonly [value: number, rangeLimit: number] | null;
}

/**
 * Every stored word's Hounsfield units: index is the word as an unsigned 16-bit number. Shape `[65536]`.
 *
 * Padding is air. Nothing is thinner than air: what lies below −1024 HU (scanners pad with −2000 or −3024
 * without saying so, and reconstruction noise goes a little below) becomes −1024. Fractions are rounded, and the
 * upper end saturates at 32767.
 */
export function hounsfieldTable(format: StoredFormat): Int16Array {
  const { bitsAllocated, bitsStored, highBit, isSigned, slope, intercept, padding } = format;
  const shift = highBit + 1 - bitsStored;
  const mask = 2 ** bitsStored - 1;
  const signBit = 2 ** (bitsStored - 1);
  const wordSign = 2 ** (bitsAllocated - 1);
  const low = padding === null ? NaN : Math.min(...padding);
  const high = padding === null ? NaN : Math.max(...padding);
  const isPadding = (value: number): boolean => value >= low && value <= high;
  const table = new Int16Array(65536);
  for (let word = 0; word < 65536; word++) {
    // Padding may use bits that the values themselves may not, so the whole word is looked at first.
    const whole = isSigned && (word & wordSign) !== 0 ? word - 2 * wordSign : word;
    const bits = (word >>> shift) & mask;
    const value = isSigned && (bits & signBit) !== 0 ? bits - 2 * signBit : bits;
    const hu = Math.round(value * slope + intercept);
    table[word] = isPadding(whole) || isPadding(value) ? AIR_HU : Math.max(AIR_HU, Math.min(32767, hu));
  }
  return table;
}

/** Look every word up. Shapes: `stored` and the result are the same. */
export function toHounsfield(stored: Uint16Array, table: Int16Array): Int16Array {
  const hu = new Int16Array(stored.length);
  for (let i = 0; i < stored.length; i++) hu[i] = table[stored[i] ?? 0] ?? AIR_HU;
  return hu;
}
