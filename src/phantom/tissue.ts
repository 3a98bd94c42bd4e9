/**
 * @file What a pixel within the cavity is made of: grey and white matter, the fluid in folds and fissures, and
 * the dura with blood against it.
 */
import { callosalCore, falxEdge, infratentorial, sylvian, tentoriumHeight } from "./brain.ts";
import type { Work } from "./raster.ts";
import { sheet, inside, smoothStep } from "./shapes.ts";

/** The tentorium slopes through the slice: its edge is as wide as that. */
const SLOPING_MM = 2.4;

/** Grey, white and the fluid between folds at one pixel; `e0` is the depth under what covers the brain. */
export function shadeTissue(
  { anatomy, pitchMm }: Work,
  i: number,
  e0: number,
  x: number,
  y: number,
  z: number,
  solid: Float32Array,
  fluid: Float32Array,
): void {
  const { brain, options, lesions } = anatomy;
  const { atrophy, greyHu, whiteHu } = options;
  const wide = Math.max(0.35, brain.foldWidth.at(x, y, z));
  const mottle = brain.mottle.at(x, y, z);
  const swollen = lesions.sulcusSwellingMm > 0 ? lesions.sulcusSwellingMm * lesions.subarachnoid(x, y, z) : 0;
  const gap = (0.1 + 2.6 * atrophy * wide) * wide + 0.4 * swollen;
  let csf = inside(e0 - gap, pitchMm);
  if (infratentorial(x, y, z) < 0) {
    const folia = Math.abs((((((z * 0.8 - 0.3 * y + 9 * mottle) / 4.6) % 1) + 1.5) % 1) - 0.5) * 4.6;
    csf = Math.max(csf, sheet(folia, (0.08 + 0.5 * atrophy) * smoothStep(15, 4, e0), pitchMm));
    solid[i] = whiteHu + (greyHu - whiteHu) * (0.62 + 0.25 * smoothStep(16, 5, e0)) + 1.4 * mottle;
    fluid[i] = csf;
    return;
  }
  const m = Math.abs(x - brain.midline.at(x, y, z));
  const core = callosalCore(y, z);
  const fissure = (0.3 + 1.7 * atrophy) * wide + swollen;
  if (core > 0) csf = Math.max(csf, sheet(m, fissure, pitchMm));
  let nearest = Math.min(e0 - gap, Math.max(m - fissure, -4 * core));
  const depth = Math.max(0, nearest);
  const reach = 15 + 8 * mottle + 3 * atrophy;
  if (depth < reach) {
    const g = Math.abs(brain.folds.at(x, y, z));
    const taper = Math.sqrt(1 - depth / reach);
    const mouth = 1 + 0.9 * Math.exp(-depth / 3.5);
    const w = ((0.14 + 1.0 * atrophy) * wide * wide + swollen * 0.7) * taper * mouth;
    csf = Math.max(csf, sheet(g, w, pitchMm));
    nearest = Math.min(nearest, g - w + 4.5 * smoothStep(reach * 0.6, reach, depth));
  }
  if (z < 12 || z > 68 || Math.abs(x) < 22) {
    solid[i] = whiteHu + smoothStep(4.4, 2, nearest) * (greyHu - whiteHu) + 1.5 * mottle;
    fluid[i] = csf;
    return;
  }
  const [sx, sy, sz] = [brain.sway[0].at(x, y, z), brain.sway[1].at(x, y, z), brain.sway[1].at(z, y, x)];
  const { insula, slit, here } = sylvian(x + sx, y + sy, z + sz);
  if (here > 0) {
    const w = (0.25 + 2.1 * atrophy) * wide * wide * here + swollen * here;
    csf = Math.max(csf, sheet(insula, w, pitchMm), sheet(slit, w, pitchMm));
    nearest = Math.min(nearest, Math.min(insula, slit) - w + 6 * (1 - here));
  }
  const grey = smoothStep(4.4, 2, nearest);
  solid[i] = whiteHu + grey * (greyHu - whiteHu) + 1.5 * mottle;
  fluid[i] = csf;
}

/** Blood lying against falx and tentorium. */
export function duralBlood(
  { anatomy: { lesions, brain }, pitchMm }: Work,
  x: number,
  y: number,
  z: number,
): number {
  let cover = 0;
  const beside = lesions.falxLayerMm(x, y, z);
  if (beside > 0 && falxEdge(y, z) > 2) {
    const m = Math.abs(x - brain.midline.at(x, y, z));
    cover = sheet(m, beside, pitchMm) * (infratentorial(x, y, z) > 0 ? 1 : 0);
  }
  const above = lesions.tentoriumLayerMm(x, y, z);
  if (above > 0 && (Math.abs(x) > 18 || y > 38) && y > -6 + 0.5 * Math.abs(x)) {
    const h = (z - tentoriumHeight(x, y)) * 0.8;
    cover = Math.max(cover, sheet(h - above, above, pitchMm));
  }
  return cover;
}

/** Dura over `hu`: falx, tentorium, and a thin lining of the skull. */
export function dura(
  { anatomy: { brain, options }, pitchMm, cavity }: Work,
  i: number,
  hu: number,
  x: number,
  y: number,
  z: number,
): number {
  let value = hu;
  const duraHu = options.vesselHu + 8;
  if (Math.abs(x) < 9 && falxEdge(y, z) > 0 && infratentorial(x, y, z) > 0) {
    const cover = sheet(x - brain.midline.at(x, y, z), 0.55, pitchMm);
    value += cover * (duraHu - value);
  }
  if (z < 48 && (Math.abs(x) > 18 || y > 38) && y > -6 + 0.5 * Math.abs(x)) {
    const cover = sheet((z - tentoriumHeight(x, y)) * 0.8, 0.5, Math.max(pitchMm, SLOPING_MM));
    value += cover * (duraHu - value);
  }
  const rim = sheet((cavity[i] as number) + 0.3, 0.4, pitchMm);
  return value + 0.5 * rim * (duraHu - value);
}
