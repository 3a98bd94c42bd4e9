/**
 * @file Smooth random functions of space: gradient noise (Perlin, "Improving Noise", 2002), and sums of it.
 */
import { Random } from "./random.ts";

/** A smooth function of a point in millimetres. */
export type Field = (x: number, y: number, z: number) => number;

/**
 * Gradient noise with features of about `wavelengthMm`; values mostly within ±0.7, deviation about 0.27.
 * The same seed gives the same function.
 */
export function createNoise(seed: number, wavelengthMm: number): Field {
  const random = new Random(seed);
  const table = new Uint8Array(512);
  for (let i = 0; i < 256; i++) table[i] = i;
  for (let i = 255; i > 0; i--) {
    const j = random.integer(0, i);
    const swapped = table[i] as number;
    table[i] = table[j] as number;
    table[j] = swapped;
  }
  table.copyWithin(256, 0, 256);
  const scale = 1 / wavelengthMm;
  return (xMm, yMm, zMm) => {
    let x = xMm * scale + 1000;
    let y = yMm * scale + 1000;
    let z = zMm * scale + 1000;
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    const iz = Math.floor(z);
    x -= ix;
    y -= iy;
    z -= iz;
    const u = x * x * x * (x * (x * 6 - 15) + 10);
    const v = y * y * y * (y * (y * 6 - 15) + 10);
    const w = z * z * z * (z * (z * 6 - 15) + 10);
    const a = (table[ix & 255] as number) + (iy & 255);
    const b = (table[(ix + 1) & 255] as number) + (iy & 255);
    const cz = iz & 255;
    const aa = (table[a & 255] as number) + cz;
    const ab = (table[(a + 1) & 255] as number) + cz;
    const ba = (table[b & 255] as number) + cz;
    const bb = (table[(b + 1) & 255] as number) + cz;
    const g000 = slope(table[aa & 255] as number, x, y, z);
    const g100 = slope(table[ba & 255] as number, x - 1, y, z);
    const g010 = slope(table[ab & 255] as number, x, y - 1, z);
    const g110 = slope(table[bb & 255] as number, x - 1, y - 1, z);
    const g001 = slope(table[(aa + 1) & 255] as number, x, y, z - 1);
    const g101 = slope(table[(ba + 1) & 255] as number, x - 1, y, z - 1);
    const g011 = slope(table[(ab + 1) & 255] as number, x, y - 1, z - 1);
    const g111 = slope(table[(bb + 1) & 255] as number, x - 1, y - 1, z - 1);
    const x00 = g000 + u * (g100 - g000);
    const x10 = g010 + u * (g110 - g010);
    const x01 = g001 + u * (g101 - g001);
    const x11 = g011 + u * (g111 - g011);
    const y0 = x00 + v * (x10 - x00);
    const y1 = x01 + v * (x11 - x01);
    return y0 + w * (y1 - y0);
  };
}

/** The dot product with one of Perlin's twelve edge directions. */
function slope(hash: number, x: number, y: number, z: number): number {
  const h = hash & 15;
  const u = h < 8 ? x : y;
  const v = h < 4 ? y : h === 12 || h === 14 ? x : z;
  return ((h & 1) === 0 ? u : -u) + ((h & 2) === 0 ? v : -v);
}

/** Two octaves: the second at half the wavelength and half the height. */
export function createRoughNoise(seed: number, wavelengthMm: number): Field {
  const coarse = createNoise(seed, wavelengthMm);
  const fine = createNoise(seed + 7919, wavelengthMm / 2);
  return (x, y, z) => coarse(x, y, z) + 0.5 * fine(x, y, z);
}
