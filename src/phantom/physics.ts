/**
 * @file What a scanner does to a slice: beam hardening and photon starvation (by projecting and filtering
 * back at low resolution), point spread, correlated noise, rings.
 *
 * The error of a polychromatic beam after water correction grows with bone × path (Joseph & Spital 1978);
 * the noise of a ray with the square root of its attenuation; both are filtered back like the image is, which
 * is why bands lie between dense bones and streaks along the longest paths.
 */
import type { Random } from "./random.ts";

const GRID = 96;
const VIEWS = 72;

export interface Artefacts {
  /** `[GRID, GRID]`: HU to add. */
  readonly hu: Float32Array;
  /** `[GRID, GRID]`: noise here against the middle of an average slice. */
  readonly noise: Float32Array;
  readonly size: number;
}

/** Ramp filter in space (Kak & Slaney 1988, eq. 61), unit spacing. */
const RAMP = Float32Array.from({ length: GRID }, (_, k) =>
  k === 0 ? 0.25 : k % 2 === 0 ? 0 : -1 / (Math.PI * Math.PI * k * k),
);

/**
 * @param hu `[size, size]` noise-free slice
 * @param extentMm width of the field of view
 */
export function projectArtefacts(
  hu: Float32Array,
  size: number,
  extentMm: number,
  { beamHardening, noiseHu }: { readonly beamHardening: number; readonly noiseHu: number },
  random: Random,
): Artefacts {
  const water = new Float32Array(GRID * GRID);
  const bone = new Float32Array(GRID * GRID);
  reduce(hu, size, water, bone);
  const cm = extentMm / 10 / GRID;
  const result = new Float32Array(GRID * GRID);
  const variance = new Float32Array(GRID * GRID);
  const ray = new Float32Array(GRID);
  const load = new Float32Array(GRID);
  const filtered = new Float32Array(GRID);
  const half = (GRID - 1) / 2;
  for (let view = 0; view < VIEWS; view++) {
    const angle = (Math.PI * (view + 0.5)) / VIEWS;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    for (let t = 0; t < GRID; t++) {
      let w = 0;
      let b = 0;
      const s0 = t - half;
      for (let s = 0; s < GRID; s++) {
        const fx = half + s0 * cos - (s - half) * sin;
        const fy = half + s0 * sin + (s - half) * cos;
        if (fx < 0 || fy < 0 || fx >= GRID - 1 || fy >= GRID - 1) continue;
        const o = Math.floor(fy + 0.5) * GRID + Math.floor(fx + 0.5);
        w += water[o] as number;
        b += bone[o] as number;
      }
      w *= cm;
      b *= cm;
      // Error of the ray in cm of water; 0.2/cm water attenuation gives the ray's noise.
      const error = -beamHardening * (0.0016 * b * w + 0.0022 * b * b);
      const starved = Math.exp(Math.min(6, 0.2 * (w + b)) / 2 - 1.9);
      load[t] = starved * starved;
      ray[t] = error + 0.0011 * noiseHu * starved * random.normal();
    }
    for (let t = 0; t < GRID; t++) {
      let sum = (ray[t] as number) * (RAMP[0] as number);
      for (let k = 1; k < GRID; k += 2) {
        const near = t - k >= 0 ? (ray[t - k] as number) : 0;
        const far = t + k < GRID ? (ray[t + k] as number) : 0;
        sum += (near + far) * (RAMP[k] as number);
      }
      filtered[t] = sum / cm;
    }
    for (let y = 0; y < GRID; y++)
      for (let x = 0; x < GRID; x++) {
        const f = half + (x - half) * cos + (y - half) * sin;
        if (f < 0 || f >= GRID - 1) continue;
        const k = Math.floor(f);
        const r = f - k;
        const i = y * GRID + x;
        result[i] =
          (result[i] as number) + (filtered[k] as number) * (1 - r) + (filtered[k + 1] as number) * r;
        variance[i] = (variance[i] as number) + (load[k] as number);
      }
  }
  for (let i = 0; i < result.length; i++) {
    result[i] = ((result[i] as number) * Math.PI * 1000) / VIEWS;
    variance[i] = Math.sqrt((variance[i] as number) / VIEWS);
  }
  return { hu: result, noise: variance, size: GRID };
}

/** Average the slice down (or repeat it up) to the projection grid, as water equivalent and as bone excess. */
function reduce(hu: Float32Array, size: number, water: Float32Array, bone: Float32Array): void {
  const edge = (k: number): number => Math.floor((k * size) / GRID);
  for (let gy = 0; gy < GRID; gy++)
    for (let gx = 0; gx < GRID; gx++) {
      let w = 0;
      let b = 0;
      let count = 0;
      for (let y = edge(gy); y < Math.max(edge(gy + 1), edge(gy) + 1); y++)
        for (let x = edge(gx); x < Math.max(edge(gx + 1), edge(gx) + 1); x++) {
          const value = hu[y * size + x] as number;
          if (value > -950) w += 1 + Math.min(value, 150) / 1000;
          if (value > 150) b += (value - 150) / 1000;
          count += 1;
        }
      water[gy * GRID + gx] = w / count;
      bone[gy * GRID + gx] = b / count;
    }
}

/** Gaussian weights, one side first to the middle and mirrored; sum 1. */
function gaussian(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(sigma * 3));
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Blur rows then columns by a Gaussian of `sigma` pixels; edges wrap around. Shape `[size, size]`. */
export function blur(image: Float32Array, size: number, sigma: number): Float32Array {
  if (sigma < 0.2) return image;
  const weights = gaussian(sigma);
  const radius = (weights.length - 1) / 2;
  const across = new Float32Array(image.length);
  const line = new Float32Array(size + 2 * radius);
  for (let y = 0; y < size; y++) {
    for (let k = 0; k < line.length; k++) line[k] = image[y * size + ((k - radius + size) % size)] as number;
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (line[x + k] as number);
      across[y * size + x] = sum;
    }
  }
  const out = new Float32Array(image.length);
  for (let k = -radius; k <= radius; k++) {
    const weight = weights[k + radius] as number;
    for (let y = 0; y < size; y++) {
      const from = ((y + k + size) % size) * size;
      const to = y * size;
      for (let x = 0; x < size; x++)
        out[to + x] = (out[to + x] as number) + weight * (across[from + x] as number);
    }
  }
  return out;
}

/** Enlarge `[from, from]` to `[to, to]` with cubic convolution (Keys 1981, a = −0.5) or linearly. */
export function enlarge(
  image: Float32Array,
  from: number,
  to: number,
  method: "cubic" | "linear",
): Float32Array {
  const taps = Array.from({ length: to }, (_, i) => {
    const f = ((i + 0.5) * from) / to - 0.5;
    const k = Math.floor(f);
    const t = f - k;
    const at = (j: number): number => Math.max(0, Math.min(from - 1, k + j));
    const w =
      method === "linear"
        ? [0, 1 - t, t, 0]
        : [
            -0.5 * t + t * t - 0.5 * t ** 3,
            1 - 2.5 * t * t + 1.5 * t ** 3,
            0.5 * t + 2 * t * t - 1.5 * t ** 3,
            -0.5 * t * t + 0.5 * t ** 3,
          ];
    return { at: [at(-1), at(0), at(1), at(2)], w };
  });
  const index = Int32Array.from(taps.flatMap((tap) => tap.at));
  const weight = Float32Array.from(taps.flatMap((tap) => tap.w));
  const across = new Float32Array(from * to);
  for (let y = 0; y < from; y++)
    for (let x = 0; x < to; x++) {
      let sum = 0;
      for (let k = 4 * x; k < 4 * x + 4; k++)
        sum += (weight[k] as number) * (image[y * from + (index[k] as number)] as number);
      across[y * to + x] = sum;
    }
  const out = new Float32Array(to * to);
  for (let y = 0; y < to; y++)
    for (let k = 4 * y; k < 4 * y + 4; k++) {
      const w = weight[k] as number;
      const row = (index[k] as number) * to;
      for (let x = 0; x < to; x++)
        out[y * to + x] = (out[y * to + x] as number) + w * (across[row + x] as number);
    }
  return out;
}

/**
 * Noise with the spectrum of a reconstruction: a ramp at low frequencies, falling off with the kernel
 * (difference of two Gaussians). Shape `[size, size]`, deviation 1.
 */
export function grain(size: number, sigma: number, random: Random): Float32Array {
  const white = new Float32Array(size * size);
  for (let i = 0; i < white.length; i++) {
    // Sum of four uniforms: near enough to normal, and quick.
    const a = random.next();
    const b = random.next();
    white[i] = ((a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16)) / 65536 - 2;
  }
  const fine = blur(white, size, sigma);
  const coarse = blur(fine, size, sigma * 1.9);
  let power = 0;
  for (let i = 0; i < fine.length; i++) {
    const value = (fine[i] as number) - 0.85 * (coarse[i] as number);
    fine[i] = value;
    power += value * value;
  }
  const scale = 1 / Math.sqrt(power / fine.length);
  return fine.map((value) => value * scale);
}

/** Another sample of the same noise for each call: two of a few sheets, shifted at random, added. */
export function createGrain(size: number, sigma: number, random: Random): (random: Random) => Float32Array {
  const sheets = Array.from({ length: 3 }, () => grain(size, sigma, random));
  return (draw) => {
    const first = draw.integer(0, 2);
    const a = sheets[first] as Float32Array;
    const b = sheets[(first + draw.integer(1, 2)) % 3] as Float32Array;
    const [ax, ay, bx, by] = [0, 0, 0, 0].map(() => draw.integer(0, size - 1)) as [
      number,
      number,
      number,
      number,
    ];
    const signA = Math.SQRT1_2 * draw.side();
    const signB = Math.SQRT1_2 * draw.side();
    const out = new Float32Array(size * size);
    for (let y = 0; y < size; y++) {
      const rowA = ((y + ay) % size) * size;
      const rowB = ((y + by) % size) * size;
      for (let x = 0; x < size; x++)
        out[y * size + x] =
          signA * (a[rowA + ((x + ax) % size)] as number) + signB * (b[rowB + ((x + bx) % size)] as number);
    }
    return out;
  };
}
