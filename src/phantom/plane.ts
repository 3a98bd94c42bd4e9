/**
 * @file Cuts: one infinitely thin plane through the head, as HU and as the part of each pixel that is blood.
 *
 * Edges are not jagged: a pixel holds the part of itself that each tissue fills.
 */
import { GridField } from "./grid-field.ts";
import { createNoise } from "./noise.ts";
import type { Random } from "./random.ts";
import { BEND_MM, PUSH_MM, eachNear, paint, placeOf } from "./raster.ts";
import type { Anatomy, Cut, Plane, Work } from "./raster.ts";
import { inside, sheet, smoothStep } from "./shapes.ts";
import { HEAD_BOX } from "./skull.ts";
import { dura, duralBlood, shadeTissue } from "./tissue.ts";

export function bendFields(random: Random): Anatomy["bend"] {
  const one = (): GridField => {
    const noise = createNoise(random.next(), 21);
    return GridField.bake(HEAD_BOX, 6, (x, y, z) => 4.2 * noise(x, y, z));
  };
  return [one(), one(), one()];
}

/** Cut the head. Shapes of the result as in `Cut`; new arrays each time. */
export function cutPlane(anatomy: Anatomy, plane: Plane): Cut {
  const n = plane.size * plane.size;
  const work: Work = {
    anatomy,
    plane,
    pitchMm: Math.hypot(...plane.u),
    hu: new Float32Array(n).fill(-1000),
    blood: new Float32Array(n),
    cavity: new Float32Array(n).fill(99),
    x: new Float32Array(n),
    y: new Float32Array(n),
    z: new Float32Array(n),
  };
  const active = locate(work);
  const outer = active.filter((i) => (work.cavity[i] as number) > -work.pitchMm);
  for (const i of outer) work.hu[i] = softCover(work, i);
  paint(work, anatomy.skull.muscles, work.hu, work.x, work.y, work.z, work.pitchMm, "outside");
  for (const i of outer) work.hu[i] = vault(work, i);
  paint(work, anatomy.skull.structures, work.hu, work.x, work.y, work.z, 0.6 * work.pitchMm, "outside");
  brainTissue(work, active);
  return { hu: work.hu, blood: work.blood };
}

/** Fill in coordinates of the pixels in the head, and list them. */
function locate({ anatomy: { skull, bend }, plane, cavity, x, y, z }: Work): Int32Array {
  const { size, origin, u, v } = plane;
  const active = new Int32Array(size * size);
  let count = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const px = origin[0] + column * u[0] + row * v[0];
      const py = origin[1] + column * u[1] + row * v[1];
      const pz = origin[2] + column * u[2] + row * v[2];
      // The ears stand out from the skin's surface.
      if (skull.skin.at(px, py, pz) > (pz < 30 ? 12 : 1)) continue;
      const i = row * size + column;
      active[count++] = i;
      cavity[i] = skull.cavity.at(px, py, pz);
      x[i] = px + bend[0].at(px, py, pz);
      y[i] = py + bend[1].at(px, py, pz);
      z[i] = pz + bend[2].at(px, py, pz);
    }
  return active.subarray(0, count);
}

/** Skin, fat and flesh, HU. */
function softCover({ anatomy: { skull, strands }, plane, pitchMm, cavity }: Work, i: number): number {
  const [x, y, z] = placeOf(plane, i);
  const skin = skull.skin.at(x, y, z);
  const inHead = inside(skin, pitchMm);
  if (inHead === 0) return -1000;
  const c = cavity[i] as number;
  const thick = skull.thicknessMm.at(x, y, z);
  if (c > pitchMm && c < thick - pitchMm) return 0; // bone will cover it
  const s = strands(x, y, z);
  const fat = -102 + 55 * Math.max(0, Math.abs(s) < 0.05 ? 0.6 : 0);
  // Low down, muscle with planes of fat; higher, only fat.
  const fascia = Math.abs(strands(x * 0.35 + 300, y * 0.35, z * 0.25));
  const meaty = smoothStep(20, -14, z) * smoothStep(3, 9, -skin);
  let soft = fat + (54 + 9 * s - fat) * meaty * smoothStep(0.07, 0.12, fascia);
  const galea = inside(Math.abs(c - thick - 0.8) - 0.8, pitchMm) * (z > -5 ? 0.8 : 0);
  soft += galea * (30 - soft);
  soft += inside(-skin - 2.6, pitchMm) * (58 - soft);
  return -1000 + inHead * (soft + 1000);
}

/** The vault of the skull over what lies there, HU. */
function vault({ anatomy, plane, pitchMm, cavity, hu }: Work, i: number): number {
  const under = hu[i] as number;
  const c = cavity[i] as number;
  if (c > 20 || under < -900) return under;
  const [x, y, z] = placeOf(plane, i);
  const thick = anatomy.skull.thicknessMm.at(x, y, z);
  let bone = inside(-c, pitchMm) * inside(c - thick, pitchMm);
  if (bone === 0) return under;
  const tables = Math.max(inside(c - 1.7, pitchMm * 1.3), inside(thick - 1.9 - c, pitchMm * 1.3));
  const m = anatomy.marrow(x, y, z);
  const spongy = 560 + 520 * m;
  let boneHu = spongy + tables * (1480 + 260 * m - spongy);
  if (z > 22) boneHu *= 1 - 0.6 * suture(x, y, z, 3 * anatomy.strands(x, y, z), pitchMm);
  bone *= 1 - opened(anatomy, x, y, z, pitchMm);
  return under + bone * (boneHu - under);
}

function suture(x: number, y: number, z: number, zigzag: number, pitchMm: number): number {
  const coronal = y + 22 + 0.25 * (z - 60) + zigzag;
  const lambdoid = y - 74 + 0.35 * Math.abs(x) + 0.2 * (z - 60) + zigzag;
  const sagittal = y > -15 && z > 80 ? x + zigzag : 99;
  return sheet(Math.min(Math.abs(coronal), Math.abs(lambdoid), Math.abs(sagittal)), 0.5, pitchMm);
}

/** The part of the bone here that a surgeon has taken away. */
function opened({ opening }: Anatomy, x: number, y: number, z: number, pitchMm: number): number {
  if (opening.radiusMm === 0) return 0;
  const d = Math.sqrt((x - opening.at[0]) ** 2 + (y - opening.at[1]) ** 2 + (z - opening.at[2]) ** 2);
  return opening.flap ? sheet(d - opening.radiusMm, 1, pitchMm) : inside(d - opening.radiusMm, pitchMm);
}

/** Everything inside the cavity, laid over what lies around it. */
function brainTissue(work: Work, active: Int32Array): void {
  const { anatomy, cavity, pitchMm, hu, blood } = work;
  const { brain, lesions, options } = anatomy;
  const n = hu.length;
  const solid = new Float32Array(n);
  const bx = new Float32Array(n);
  const by = new Float32Array(n);
  const bz = new Float32Array(n);
  const fluid = new Float32Array(n);
  const toSkull = new Float32Array(n);
  /** Depth under a layer of blood or fluid; negative in it. */
  const over = new Float32Array(n).fill(99);
  const push = new Float64Array(3);
  const pixels = active.filter((i) => (cavity[i] as number) < pitchMm);
  for (const i of pixels) {
    const x = work.x[i] as number;
    const y = work.y[i] as number;
    const z = work.z[i] as number;
    const layer = lesions.layerMm(x, y, z);
    let e0 = -(cavity[i] as number);
    if (layer > 0) {
      over[i] = -anatomy.skull.lining.at(x, y, z) - layer;
      e0 = Math.min(e0, over[i]);
    }
    toSkull[i] = e0;
    lesions.push(x, y, z, push);
    const ease = smoothStep(0, 16, e0);
    bx[i] = x - ease * (push[0] as number);
    by[i] = y - ease * (push[1] as number);
    bz[i] = z - ease * (push[2] as number);
    shadeTissue(work, i, e0, bx[i], by[i], bz[i], solid, fluid);
  }
  const margin = options.bleed === null ? BEND_MM : BEND_MM + PUSH_MM;
  paint(work, brain.nuclei, solid, bx, by, bz, 2.5, "inside", margin);
  for (const shape of brain.cisterns)
    eachNear(work.plane, shape, margin, (i) => {
      if ((cavity[i] as number) > pitchMm) return;
      const cover = inside(shape.distance(bx[i] as number, by[i] as number, bz[i] as number), pitchMm);
      if (cover > (fluid[i] as number)) fluid[i] = cover;
    });
  for (const i of pixels) {
    const x = bx[i] as number;
    const y = by[i] as number;
    const z = bz[i] as number;
    const px = work.x[i] as number;
    const py = work.y[i] as number;
    const pz = work.z[i] as number;
    let tissue = solid[i] as number;
    const v = brain.ventricles.at(x, y, z);
    const mottle = brain.mottle.at(x, y, z);
    if (v < 30) {
      const near = Math.max(0, v);
      tissue -= 2 * Math.exp(-near / 2.5) + options.leukoaraiosis * 13 * Math.exp(-near / 7) * (1 + mottle);
    }
    for (const scar of lesions.scars) {
      const d = scar.distance(x, y, z) + 5 * mottle;
      tissue -= (tissue - options.csfHu - 6) * smoothStep(3, -3, d);
    }
    const clot = lesions.clot(px, py, pz);
    if (clot < lesions.oedemaMm) {
      const wet = smoothStep(lesions.oedemaMm, lesions.oedemaMm * 0.4, clot + 3 * mottle);
      tissue -= (tissue - options.whiteHu + 8) * 0.75 * wet;
    }
    const surface = fluid[i] as number;
    const chamber = inside(v, pitchMm);
    let red = surface > 0 ? surface * lesions.subarachnoid(px, py, pz) : 0;
    if (chamber > 0) red = Math.max(red * (1 - chamber), chamber * lesions.intraventricular(x, y, z));
    let value = tissue + Math.max(surface, chamber) * (options.csfHu - tissue);
    const bloodHu = red > 0 || clot < pitchMm ? lesions.bloodHu(px, py, pz) : 0;
    value += red * (bloodHu - options.csfHu);
    const c = cavity[i] as number;
    const dural = duralBlood(work, px, py, pz);
    const within = Math.max(inside(clot, pitchMm) * inside(-(toSkull[i] as number), pitchMm), dural);
    if (within > 0) {
      value += within * ((bloodHu || lesions.bloodHu(px, py, pz)) - value);
      red = Math.max(red, within);
    }
    const layered = inside(over[i] as number, pitchMm);
    if (layered > 0) {
      value += layered * (lesions.layerHu(px, py, pz) - value);
      if (lesions.layerIsBlood) red = Math.max(red, layered);
    }
    value = dura(work, i, value, px, py, pz);
    solid[i] = value;
    blood[i] = red * inside(c, pitchMm);
  }
  paint(work, brain.inserts, solid, work.x, work.y, work.z, pitchMm, "inside");
  for (const i of pixels) {
    const part = inside(cavity[i] as number, pitchMm);
    hu[i] = (hu[i] as number) * (1 - part) + (solid[i] as number) * part;
  }
}
