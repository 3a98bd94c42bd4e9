/**
 * @file The head around the brain: cranial cavity, skull, skin, and the bones and air of skull base and face.
 *
 * Head coordinates in millimetres: x to the patient's left, y backwards, z upwards; z = 0 is the orbitomeatal
 * plane, the origin lies between the ears. All shapes are irregular: their coordinates are bent by noise.
 */
import { GridField } from "./grid-field.ts";
import type { Box } from "./grid-field.ts";
import { createNoise, createRoughNoise } from "./noise.ts";
import type { Field } from "./noise.ts";
import type { ResolvedPhantomOptions } from "./options.ts";
import type { Random } from "./random.ts";
import { ellipsoid, mirrored, rod, smoothMax, smoothMin, smoothStep, tube, union } from "./shapes.ts";
import type { Shape } from "./shapes.ts";

/** A shape and what it is made of. */
export interface Structure {
  readonly shape: Shape;
  /** HU, the same everywhere or by place. */
  readonly hu: number | Field;
}

export interface Skull {
  /** Signed distance to the inner table: negative in the cranial cavity. */
  readonly cavity: GridField;
  /** The same without the ridges that stand into the cavity: what lies on the vault lies on this. */
  readonly lining: GridField;
  /** Signed distance to the skin: negative in the head. */
  readonly skin: GridField;
  /** Thickness of the skull at the nearest place of the vault. */
  readonly thicknessMm: GridField;
  /** Painted over fat, under the bone. */
  readonly muscles: readonly Structure[];
  /** Painted in order over vault and soft tissue, outside the cavity. */
  readonly structures: readonly Structure[];
}

/** Holds the cavity with the skull around it. */
const CAVITY_BOX: Box = { min: [-88, -102, -84], max: [88, 108, 138] };

export const HEAD_BOX: Box = { min: [-112, -136, -84], max: [112, 124, 150] };

export function buildSkull(options: ResolvedPhantomOptions, random: Random): Skull {
  const seed = random.next();
  const bendX = createNoise(seed + 1, 55);
  const bendY = createNoise(seed + 2, 55);
  const ripple = createNoise(seed + 3, 17);
  const lumps = createNoise(seed + 4, 42);
  const lopsided = random.around(0, 0.02);
  const flatBack = random.uniform(0, 0.12);

  const vault = (x: number, y: number, z: number, grow: number): number => {
    const yc = y - 9;
    const up = z - 34;
    const lx = (68 + grow) * (1 + lopsided * Math.sign(x) * smoothStep(0, 60, y));
    const ly = yc < 0 ? 91 + grow : 78 + grow - flatBack * 40 * smoothStep(20, 60, z);
    const lz = up > 0 ? 86 + grow : 27 + grow;
    const u = Math.abs(x) / lx;
    const v = Math.abs(yc) / ly;
    const w = Math.abs(up) / lz;
    // A superellipsoid of exponent 2.25: between an ellipsoid and a box.
    const sum =
      u * u * Math.sqrt(Math.sqrt(u)) + v * v * Math.sqrt(Math.sqrt(v)) + w * w * Math.sqrt(Math.sqrt(w));
    const norm = sum ** (1 / 2.25);
    return (norm - 1) * Math.min(70, Math.sqrt(x * x + yc * yc + up * up) / Math.max(norm, 0.2));
  };
  const middleFossa = ellipsoid([42, -19, 16], [24, 30, 27]);
  const middleFossaRight = mirrored(middleFossa);
  const posteriorFossa = ellipsoid([0, 42, 6], [56, 43, 38]);
  const canal = rod([0, 27, -20], [0, 31, -90], 15, 12);
  const petrous = rod([62, 20, 4], [13, -3, 5], 15, 7);
  const petrousRight = mirrored(petrous);
  const sphenoidRidge = rod([16, -30, 24], [58, -47, 32], 3.5, 6);
  const sphenoidRidgeRight = mirrored(sphenoidRidge);
  const sella = ellipsoid([0, -16, 3], [14, 14, 11]);
  const orbitRoof = ellipsoid([31, -64, 8], [27, 34, 19], 0.3);
  const orbitRoofRight = mirrored(orbitRoof);

  const hollow = (x: number, y: number, z: number): number => {
    let d = vault(x, y, z, 0);
    d = smoothMin(d, middleFossa.distance(x, y, z), 4);
    d = smoothMin(d, middleFossaRight.distance(x, y, z), 4);
    d = smoothMin(d, posteriorFossa.distance(x, y, z), 6);
    return smoothMin(d, canal.distance(x, y, z), 4);
  };
  const liningAt: Field = (px, py, pz) => {
    const x = px + 4 * bendX(px, py, pz);
    const y = py + 4 * bendY(px, py, pz);
    return hollow(x, y, pz) + ripple(px, py, pz) * (0.9 + 1.6 * smoothStep(40, 5, pz));
  };
  const carve = (lining: number, px: number, py: number, z: number): number => {
    if (z >= 45 || lining > 20) return lining;
    const x = px + 4 * bendX(px, py, z);
    const y = py + 4 * bendY(px, py, z);
    let d = smoothMax(lining, -petrous.distance(x, y, z), 4);
    d = smoothMax(d, -petrousRight.distance(x, y, z), 4);
    d = smoothMax(d, -sphenoidRidge.distance(x, y, z), 4);
    d = smoothMax(d, -sphenoidRidgeRight.distance(x, y, z), 4);
    d = smoothMax(d, -sella.distance(x, y, z), 4);
    d = smoothMax(d, -orbitRoof.distance(x, y, z), 4);
    return smoothMax(d, -orbitRoofRight.distance(x, y, z), 4);
  };
  const lining = GridField.bake(CAVITY_BOX, 3, liningAt);

  const scalp = options.scalpThicknessMm;
  const face = ellipsoid([0, -46, -20], [64, 58, 78]);
  const lids = ellipsoid([31, -84, 6], [19, 17, 15]);
  const jaw = ellipsoid([0, -52, -75], [52, 52, 50]);
  const neck = rod([0, 24, -40], [0, 38, -120], 58, 54);
  const cheek = ellipsoid([44, -56, -22], [24, 36, 40]);
  const nose = union(8, rod([0, -100, 4], [0, -118, -28], 6, 10), ellipsoid([0, -108, -32], [17, 13, 11]));
  const skinAt: Field = (px, py, pz) => {
    const x = px + 4 * bendX(px, py, pz);
    const y = py + 4 * bendY(px, py, pz);
    const z = pz;
    const skull = options.skullThicknessMm + scalp;
    let d = vault(x, y, z, skull) + 0.5 * lumps(x, y, z);
    d = smoothMin(d, posteriorFossa.distance(x, y, z) - 17 - scalp * 0.5, 10);
    d = smoothMin(d, face.distance(x, y, z), 14);
    d = smoothMin(d, lids.distance(Math.abs(x), y, z), 12);
    d = smoothMin(d, jaw.distance(x, y, z), 16);
    d = smoothMin(d, neck.distance(x, y, z), 18);
    d = smoothMin(d, Math.min(cheek.distance(x, y, z), cheek.distance(-x, y, z)), 14);
    d = smoothMin(d, middleFossa.distance(Math.abs(x), y, z) - 10 - scalp, 16);
    return smoothMin(d, nose.distance(x, y, z), 8);
  };

  const thicknessAt: Field = (x, y, z) => {
    const full = options.skullThicknessMm;
    const squama =
      smoothStep(48, 64, Math.abs(x)) *
      smoothStep(55, 30, z) *
      smoothStep(-5, 10, z + 10) *
      smoothStep(35, 10, y);
    const inion = Math.exp(-((x / 14) ** 2 + ((y - 88) / 18) ** 2 + ((z - 12) / 14) ** 2));
    const brow = Math.exp(-((x / 30) ** 2 + ((y + 84) / 16) ** 2 + ((z - 26) / 16) ** 2));
    const low = smoothStep(20, -5, z);
    return Math.max(
      1.8,
      full * (1 - 0.55 * squama - 0.35 * low) + 6 * inion + 5 * brow + 2.2 * lumps(x, y, z),
    );
  };

  return {
    cavity: lining.derive(carve).toDistance(0.35),
    lining: lining.toDistance(0.35),
    skin: GridField.bake(HEAD_BOX, 4, skinAt).toDistance(0.4),
    thicknessMm: GridField.bake(HEAD_BOX, 7, thicknessAt),
    ...skullBase(options, random.fork(2)),
  };
}

/** Bones, air cells, eyes and muscles below and in front of the brain. */
function skullBase(options: ResolvedPhantomOptions, random: Random): Pick<Skull, "muscles" | "structures"> {
  const seed = random.next();
  const walls = createNoise(seed + 11, 9);
  const cellWalls = createNoise(seed + 12, 7);
  const marrow = createRoughNoise(seed + 13, 8);
  const strands = createNoise(seed + 14, 9);
  const bone: Field = (x, y, z) => 760 + 900 * marrow(x, y, z);
  const dense: Field = (x, y, z) => 1350 + 700 * marrow(x, y, z);
  const cortical: Field = (x, y, z) => 1000 + 350 * strands(x, y, z);
  const muscle: Field = (x, y, z) =>
    Math.abs(strands(x, y * 0.6, z * 0.6)) < 0.035 ? -60 : 56 + 10 * strands(x, y, z);
  const fat: Field = (x, y, z) => -98 + 50 * Math.max(0, strands(x, y, z) - 0.15);
  const ethmoid: Field = (x, y, z) => (Math.abs(walls(x, y, z)) < 0.085 ? 420 : -960);
  const aeration = random.uniform(-0.1, 0.22);
  const mastoidCells: Field = (x, y, z) => {
    const w = cellWalls(x, y, z);
    return Math.abs(w) < 0.09
      ? 650 + 900 * marrow(x, y, z)
      : w > -aeration
        ? -820
        : 700 + 800 * marrow(x, y, z);
  };
  const both = (shape: Shape, hu: number | Field): Structure[] => [
    { shape, hu },
    { shape: mirrored(shape), hu },
  ];
  const at = (mean: number, spread: number): number => random.around(mean, spread);
  const frontalSize = random.chance(0.12) ? 0.2 : random.uniform(0.5, 1.25);
  const sinusFluid = random.chance(0.15) ? 25 : -980;

  const muscles: Structure[] = [
    ...both(ellipsoid([66, -22, 22], [8, 34, 38], -0.12), muscle),
    ...both(ellipsoid([52, -40, -28], [9, 17, 34]), muscle),
    ...both(ellipsoid([34, -28, -30], [11, 17, 24]), muscle),
    ...both(ellipsoid([30, 74, -34], [30, 17, 40], 0.2), muscle),
    ...both(ellipsoid([18, 92, -46], [18, 11, 40]), muscle),
    ...both(ellipsoid([52, 46, -46], [13, 22, 36], 0.4), muscle),
    { shape: ellipsoid([0, 0, -56], [24, 12, 34]), hu: muscle },
  ];
  const list: Structure[] = [
    { shape: ellipsoid([0, -12, -50], [12, 7, 36]), hu: -990 },
    // Sphenoid, clivus, petrous pyramids, mastoids.
    { shape: ellipsoid([0, -18, 2], [24, 24, 14]), hu: bone },
    { shape: rod([0, -2, 4], [0, 9, -24], 9, 6), hu: bone },
    ...both(rod([64, 22, 2], [13, -2, 4], 15, 7.5), dense),
    ...both(rod([16, -30, 23], [58, -47, 30], 3, 5.5), bone),
    ...both(ellipsoid([54, 31, -8], [15, 17, 24]), bone),
    ...both(ellipsoid([56, 29, -6], [12, 14, 21]), mastoidCells),
    ...both(ellipsoid([46, 15, 7], [9, 7, 5]), mastoidCells),
    ...both(rod([12, 8, 6], [24, 8.5, 7], 2.6, 2), 20),
    ...both(ellipsoid([29, 5, 5], [3, 2.5, 2.5]), 350),
    ...both(ellipsoid([37, 5, 1], [3, 7, 5]), -900),
    ...both(rod([39, 5, 0], [86, 9, -4], 2.6, 3.6), -990),
    ...both(rod([-10 + 20, -8, 14], [10, -8, 20], 2.5, 1.5), cortical),
    { shape: ellipsoid([0, -7, 13], [9, 2.2, 5]), hu: cortical },
    { shape: ellipsoid([0, -15, 14], [6, 5, 3.5]), hu: 42 },
    ...both(ellipsoid([19, 15, -28], [7, 11, 6], 0.4), bone),
    // Atlas and dens.
    { shape: rod([0, 8, -30], [0, 10, -62], 5.5, 7), hu: bone },
    ...both(ellipsoid([22, 17, -40], [9, 10, 7]), bone),
    ...both(tube([24, 22, -41, 4], [20, 42, -42, 3], [0, 50, -42, 4]), bone),
    // Face.
    ...both(ellipsoid([31, -64, 6], [23.5, 32, 20], 0.3), cortical),
    ...both(ellipsoid([31, -66, 6], [21.5, 31, 18], 0.3), fat),
    ...both(rod([55, -62, -2], [52, -74, 26], 5.5, 5), cortical),
    ...both(rod([56, -62, -12], [69, -16, -9], 4, 2.6), cortical),
    ...both(ellipsoid([29, -64, -28], [19, 22, 20]), cortical),
    ...both(ellipsoid([29, -64, -28], [17.3, 20.3, 18.3]), sinusFluid),
    ...both(rod([20, -34, -10], [21, -33, -50], 4, 2.5), cortical),
    ...both(rod([52, -12, -10], [49, -14, -74], 5, 5), cortical),
    { shape: ellipsoid([0, -68, 4], [14, 30, 17]), hu: cortical },
    { shape: ellipsoid([0, -67, 4], [12.8, 29, 16]), hu: ethmoid },
    { shape: ellipsoid([0, -68, -26], [15, 34, 20]), hu: -990 },
    ...both(ellipsoid([9, -62, -27], [3.8, 23, 11]), (x, y, z) =>
      Math.abs(walls(x, y, z)) < 0.04 ? 300 : 42,
    ),
    { shape: ellipsoid([at(0, 1.5), -64, -22], [1.2, 32, 22]), hu: 240 },
    { shape: ellipsoid([0, -66, -48], [26, 36, 4]), hu: cortical },
    {
      shape: tube(
        [34, -46, -58, 7],
        [26, -82, -58, 7],
        [0, -98, -58, 7],
        [-26, -82, -58, 7],
        [-34, -46, -58, 7],
      ),
      hu: dense,
    },
    { shape: rod([at(3, 4), -17, 2], [at(-2, 3), -28, 3], at(10, 2), 8), hu: -985 },
    { shape: ellipsoid([at(1, 2), -20, 3], [1, 14, 11]), hu: 300 },
    // Frontal sinus inside the brow.
    ...[1, -1].map((side): Structure => {
      const size = frontalSize * random.uniform(0.6, 1.1);
      return {
        shape: ellipsoid(
          [side * at(11, 2), -88 + 1.5, 26],
          [11 * size + 1, 4.2 * Math.min(1, size + 0.2), 12 * size + 1],
        ),
        hu: (x, y, z) => (Math.abs(walls(x, y, z)) < 0.02 ? 200 : -980),
      };
    }),
    // Eyes, with lens and wall, muscles and nerve.
    ...[1, -1].flatMap((side): Structure[] => eye(side, random)),
    // Ears.
    ...both(ellipsoid([84, 18, 2], [4, 14, 26], -0.35), (x, y, z) => (strands(x, y, z) > 0.1 ? -40 : 30)),
  ];
  if (options.dentalMetal)
    for (let i = random.integer(2, 5); i > 0; i--)
      list.push({
        shape: ellipsoid([random.side() * at(30, 3), at(-66, 12), at(-60, 3)], [4, 4, 4]),
        hu: 12000,
      });
  return { muscles, structures: list };
}

function eye(side: number, random: Random): Structure[] {
  const x = side * 32;
  const gaze = random.around(0, 2);
  const globe = (radius: number): Shape => ellipsoid([x, -84, 5], [radius, radius * 1.02, radius]);
  const lensHu = random.chance(0.25) ? 40 : 85;
  return [
    { shape: rod([x, -72, 5], [side * 14, -42, 9], 2.2, 2.4), hu: 35 },
    { shape: rod([x + side * 11.5, -74, 5], [side * 20, -44, 7], 2.2, 1.4), hu: 52 },
    { shape: rod([x - side * 11, -76, 5], [side * 14, -46, 7], 2.4, 1.4), hu: 52 },
    { shape: rod([x, -76, 16], [side * 19, -46, 11], 2, 1.4), hu: 52 },
    { shape: rod([x, -76, -6], [side * 18, -46, 1], 2.2, 1.4), hu: 52 },
    { shape: globe(12.4), hu: 46 },
    { shape: globe(11), hu: 10 },
    { shape: ellipsoid([x + gaze, -92.5, 5], [4.6, 2.2, 4.6]), hu: lensHu },
    { shape: ellipsoid([x, -97, 5], [15, 2.2, 9]), hu: 38 },
  ];
}
