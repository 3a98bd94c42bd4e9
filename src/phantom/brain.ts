/**
 * @file The brain: folds, ventricles, cisterns, deep nuclei, falx, tentorium, sinuses, vessels, calcifications.
 *
 * Same coordinates as `skull.ts`. Folds are the zero level of noise that hardly changes along the way inwards,
 * so sulci are winding sheets that enter from the surface.
 */
import { GridField } from "./grid-field.ts";
import { createNoise, createRoughNoise } from "./noise.ts";
import type { Field } from "./noise.ts";
import type { ResolvedPhantomOptions } from "./options.ts";
import type { Random } from "./random.ts";
import type { Structure } from "./skull.ts";
import { ellipsoid, mirrored, rod, rods, smoothMin, smoothStep, tube, union } from "./shapes.ts";
import type { Shape } from "./shapes.ts";

export interface Brain {
  /** Signed distance to the middle of the nearest sulcus; its sign only tells the two sides apart. */
  readonly folds: GridField;
  /** How wide sulci are here against the average, about 0.4…1.6. */
  readonly foldWidth: GridField;
  /** Signed distance to the ventricles' wall: negative inside. */
  readonly ventricles: GridField;
  /** Slow differences between regions, about −1…1. */
  readonly mottle: GridField;
  /** Short bends for fissures, mm. */
  readonly sway: readonly [GridField, GridField];
  /** Where the midline lies, in millimetres of x. */
  readonly midline: GridField;
  /** Deep grey matter and the like; edges are soft. */
  readonly nuclei: readonly Structure[];
  readonly cisterns: readonly Shape[];
  /** Over everything in the cavity: vessels, sinuses, plexus, calcifications, clips. */
  readonly inserts: readonly Structure[];
}

/** Height of the tentorium over a point: the cerebellum is below it. */
export function tentoriumHeight(x: number, y: number): number {
  const back = Math.max(0, y - 36) * 0.8;
  const slope = 0.9 - 0.36 * smoothStep(28, 48, y);
  return 45 - slope * Math.sqrt(x * x + back * back + 16);
}

/** Negative where the posterior fossa is, in millimetres or so. */
export function infratentorial(x: number, y: number, z: number): number {
  const petrousRidge = -9 + 0.5 * Math.abs(x);
  return Math.max((z - tentoriumHeight(x, y)) * 0.8, petrousRidge - y);
}

/** Negative in the core of the hemispheres, where no fissure divides them. */
export function callosalCore(y: number, z: number): number {
  return (Math.sqrt(((y - 4) / 47) ** 2 + ((z - 40) / (z > 40 ? 31 : 44)) ** 2) - 1) * 38;
}

/** Negative inside the free edge of the falx: there is no falx there. */
export function falxEdge(y: number, z: number): number {
  return (Math.sqrt(((y - 2) / 58) ** 2 + ((z - 40) / (z > 40 ? 42 : 60)) ** 2) - 1) * 46;
}

/** Middle of the insular cistern and of the slit between the opercula: unsigned distances. */
export function sylvian(x: number, y: number, z: number): { insula: number; slit: number; here: number } {
  const ax = Math.abs(x);
  const insulaX = 39 - 0.009 * (y - 2) ** 2 + 0.004 * (z - 40) ** 2;
  const slitY = -27 + (z - 24) * 0.95;
  const here =
    smoothStep(18, 26, z) * smoothStep(62, 52, z) * smoothStep(-28, -20, y) * smoothStep(24, 16, y);
  const slit = Math.max(Math.abs(y - slitY), (insulaX - ax) * 0.8);
  return { insula: Math.abs(ax - insulaX), slit, here };
}

export function buildBrain(options: ResolvedPhantomOptions, random: Random): Brain {
  const seed = random.next();
  return {
    ...foldFields(seed, random.uniform(19, 25)),
    ventricles: ventricleField(options, random.fork(1)),
    mottle: GridField.bake(
      { min: [-80, -100, -90], max: [80, 100, 135] },
      6,
      createRoughNoise(seed + 31, 28),
    ),
    sway: [swayField(seed + 51), swayField(seed + 52)],
    midline: midline(seed, random.around(0, 1.2)),
    nuclei: nuclei(options),
    cisterns: cisterns(options.atrophy),
    inserts: [...vessels(options, random.fork(2)), ...calcifications(options, random.fork(3))],
  };
}

function swayField(seed: number): GridField {
  const noise = createNoise(seed, 15);
  return GridField.bake({ min: [-76, -60, 0], max: [76, 60, 80] }, 4, (x, y, z) => 7 * noise(x, y, z));
}

function midline(seed: number, offset: number): GridField {
  const bend = createNoise(seed + 41, 70);
  const box = { min: [-40, -100, -90], max: [40, 100, 135] } as const;
  return GridField.bake(box, 10, (_x, y, z) => offset + 2.2 * bend(0, y, z));
}

function foldFields(seed: number, wavelengthMm: number): Pick<Brain, "folds" | "foldWidth"> {
  const left = createNoise(seed + 1, wavelengthMm);
  const right = createNoise(seed + 2, wavelengthMm);
  const bendA = createNoise(seed + 3, 19);
  const bendB = createNoise(seed + 4, 19);
  const bendC = createNoise(seed + 5, 19);
  const width = createNoise(seed + 6, 45);
  const box = { min: [-76, -94, -34], max: [76, 98, 132] } as const;
  const folds = GridField.bake(box, 2.5, (px, py, pz) => {
    const x = px - (px > 0 ? 24 : -24);
    const y = py - 4;
    const z = pz - 42;
    const r = Math.sqrt(x * x + (y * y) / 1.7 + z * z) + 1e-3;
    const shrink = (52 + 0.3 * (r - 52)) / r;
    const bend = 7;
    const qx = x * shrink + bend * bendA(px, py, pz);
    const qy = y * shrink + bend * bendB(px, py, pz);
    const qz = z * shrink + bend * bendC(px, py, pz);
    return px > 0 ? left(qx, qy, qz) : right(qx, qy, qz);
  }).toDistance(0.022, Infinity);
  return {
    folds,
    foldWidth: GridField.bake(box, 8, (x, y, z) => 1 + 1.1 * width(x, y, z) + 0.25 * smoothStep(20, -50, y)),
  };
}

function ventricleField({ ventricleScale }: ResolvedPhantomOptions, random: Random): GridField {
  const bend = createNoise(random.next(), 24);
  const bendToo = createNoise(random.next(), 24);
  const lateral = (size: number): Shape => {
    const horn = random.uniform(0.5, 1.15) * size;
    const temporal = random.uniform(0.5, 1) * Math.max(0.6, size);
    return union(
      3,
      tube(
        [16.5, -43, 46, 2.4 * size],
        [11, -32, 50, 4.6 * size],
        [5.5, -12, 54, 3.4 * size],
        [8, 3, 60, 4 * size],
        [13.5, 19, 59, 4.8 * size],
        [21.5, 34, 51, 6.6 * size],
        [24, 48, 46, 3.8 * horn],
        [20, 62, 44, 1.6 * horn],
      ),
      tube(
        [23, 33, 49, 5.5 * size],
        [31, 26, 36, 3 * temporal],
        [33, 9, 27, 2.3 * temporal],
        [29, -5, 23, 2 * temporal],
      ),
    );
  };
  const left = lateral(ventricleScale * random.uniform(0.85, 1.15));
  const right = mirrored(lateral(ventricleScale * random.uniform(0.85, 1.15)));
  const third = ellipsoid([0, 3, 40], [0.7 + 1.7 * ventricleScale, 14, 11]);
  const fourth = union(
    2,
    ellipsoid([0, 37, 10], [6 * Math.sqrt(ventricleScale), 4.4 * Math.sqrt(ventricleScale), 10]),
    rod([0, 35, 12], [0, 27, 28], 2, 0.8),
  );
  const box = { min: [-52, -66, -8], max: [52, 84, 84] } as const;
  return GridField.bake(box, 2, (px, py, pz) => {
    const x = px + 3 * bend(px, py, pz);
    const y = py + 3 * bendToo(px, py, pz);
    // Horns and bodies are taller than wide: flatten the height before measuring.
    const tall = pz > 50 ? 50 + (pz - 50) * 0.85 : pz;
    const sides = Math.min(left.distance(x, y, tall), right.distance(x, y, tall));
    const septum = 0.6 - Math.abs(px);
    const d = smoothMin(Math.max(sides, septum), third.distance(px, y, pz), 1);
    return Math.min(d, fourth.distance(px, y, pz));
  });
}

function nuclei({ greyHu, whiteHu }: ResolvedPhantomOptions): Structure[] {
  const both = (shape: Shape, hu: number): Structure[] => [
    { shape, hu },
    { shape: mirrored(shape), hu },
  ];
  return [
    {
      shape: union(4, rod([-14, -34, 58], [14, -34, 58], 4), rod([-14, 30, 60], [14, 30, 60], 5)),
      hu: whiteHu - 1,
    },
    ...both(ellipsoid([15.5, -24, 50], [6, 11, 11], 0.35), greyHu),
    ...both(ellipsoid([25, -3, 46], [6.5, 18, 12], -0.22), greyHu - 0.5),
    ...both(ellipsoid([11, 12, 46], [8.5, 14, 10], -0.3), greyHu - 1.5),
    ...both(rod([20, -28, 50], [14, 4, 50], 2.4), whiteHu + 1),
    ...both(rod([14, 2, 49], [26, 22, 49], 2.6), whiteHu + 1),
    { shape: ellipsoid([0, 13, 29], [17, 11, 9]), hu: (greyHu + whiteHu) / 2 - 1 },
    { shape: ellipsoid([0, 15, 9], [15, 12, 14]), hu: (greyHu + whiteHu) / 2 - 3 },
    { shape: ellipsoid([0, 23, -16], [7.5, 7, 16]), hu: (greyHu + whiteHu) / 2 - 3 },
    ...both(ellipsoid([24, 44, 2], [14, 10, 8]), whiteHu + 2),
  ];
}

function cisterns(atrophy: number): Shape[] {
  const g = 0.75 + 0.9 * atrophy;
  const both = (shape: Shape): Shape[] => [shape, mirrored(shape)];
  const each = (shapes: Shape[]): Shape[] => shapes.flatMap(both);
  return [
    union(3, ellipsoid([0, -9, 23], [11 * g, 8 * g, 7]), rod([0, -14, 23], [0, -42, 26], 2.6 * g, 1)),
    ...each(rods([8, -10, 23, 3.4 * g], [22, -14, 25, 2.2 * g], [36, -19, 27, 2.6 * g])),
    ...each(
      rods(
        [9, -2, 24, 2.6 * g],
        [17, 4, 28, 1.8 * g],
        [19, 15, 31, 1.9 * g],
        [12, 26, 34, 2.3 * g],
        [0, 29, 36, 3.4 * g],
      ),
    ),
    ellipsoid([0, 2, 24], [6, 4 * g, 6]),
    ellipsoid([0, 0, 10], [13 * g, 3.2 * g, 15]),
    ...both(ellipsoid([20, 12, 5], [7.5 * g, 3.6 * g, 7], 0.5)),
    ...both(ellipsoid([10, 17, -16], [3.4 * g, 6, 10])),
    ellipsoid([0, 12, -18], [9, 4 * g, 14]),
    ellipsoid([0, 58, -22], [13 * g, 11 * g, 9]),
    rod([0, 46, -6], [0, 64, -14], 2.2 * g, 3.4 * g),
    ellipsoid([0, 33, 40], [8 * g, 4.6 * g, 4.5]),
    ellipsoid([0, 46, 33], [3.4 * g, 8, 3 * g]),
  ];
}

function vessels(
  { vesselHu, vesselCalcification, surgery, bleedSide }: ResolvedPhantomOptions,
  random: Random,
): Structure[] {
  const run = (shapes: Shape[], hu: number | Field): Structure[] => shapes.map((shape) => ({ shape, hu }));
  const pair = (shapes: Shape[], hu: number | Field): Structure[] => [
    ...run(shapes, hu),
    ...run(shapes.map(mirrored), hu),
  ];
  const wall = createNoise(random.next(), 5);
  const calcified: Field = (x, y, z) => (wall(x, y, z) > 0.45 - 0.45 * vesselCalcification ? 420 : vesselHu);
  const artery = vesselCalcification > 0 ? calcified : vesselHu;
  const basilarBend = random.around(0, 3);
  const list: Structure[] = [
    ...run(rods([6, 1, -14, 1.6], [basilarBend, -1, 2, 1.7], [0, -2, 22, 1.8]), artery),
    ...pair(rods([11, -12, 10, 2.1], [10, -9, 20, 2], [22, -15, 25, 1.5], [36, -19, 28, 1.2]), artery),
    ...pair(rods([10, -10, 21, 1.4], [2, -22, 26, 1.1], [1.5, -42, 40, 0.9]), vesselHu),
    ...pair(rods([12, 9, -24, 2], [7, 4, -16, 1.7]), artery),
    // Sagittal sinus along the vault, straight, transverse and sigmoid sinuses.
    ...run(
      rods(
        [0, -83, 52, 1.5],
        [0, -70, 84, 2.2],
        [0, -30, 115, 2.8],
        [0, 20, 118, 3.4],
        [0, 62, 93, 4],
        [0, 86, 50, 4.4],
        [0, 87, 20, 5],
      ),
      vesselHu + 4,
    ),
    ...run(rods([0, 33, 42, 1.8], [0, 56, 30, 2], [0, 82, 18, 2.6]), vesselHu + 4),
    ...pair(
      rods([0, 85, 17, 4], [30, 78, 13, 3.6], [52, 56, 10, 3.8], [52, 40, -2, 4], [42, 26, -14, 4]),
      vesselHu + 4,
    ),
    ...pair(rods([3, 10, 49, 0.9], [2.5, 26, 44, 1.3]), vesselHu),
  ];
  if (surgery === "aneurysm-clip")
    list.push({ shape: rod([bleedSide * 18, -14, 24], [bleedSide * 26, -20, 30], 1.6, 1), hu: 9000 });
  if (surgery === "shunt")
    list.push(
      ...run(
        rods([bleedSide * 64, 34, 72, 1.4], [bleedSide * 30, 14, 62, 1.4], [bleedSide * 8, -18, 56, 1.4]),
        330,
      ),
    );
  return list;
}

function calcifications(options: ResolvedPhantomOptions, random: Random): Structure[] {
  const speckle = createNoise(random.next(), 4.5);
  const specks = (amount: number, peakHu: number, soft: number): Field => {
    const level = 0.32 - 0.42 * amount;
    return (x, y, z) => soft + peakHu * Math.max(0, Math.min(1, (speckle(x, y, z) - level) * 3));
  };
  const list: Structure[] = [];
  for (const side of [1, -1]) {
    const own = Math.max(0, options.choroidCalcification * random.uniform(0.5, 1.3));
    const plexus = ellipsoid(
      [side * random.around(21, 1), random.around(37, 2), 51],
      [2.4, 4.6, 4],
      side * 0.4,
    );
    list.push({ shape: plexus, hu: options.choroidCalcification > 0 ? specks(own, 480, 45) : 42 });
    if (options.basalGangliaCalcification > 0)
      list.push({
        shape: ellipsoid([side * 20, 0, 46], [3.5, 9, 5], -0.22 * side),
        hu: specks(options.basalGangliaCalcification * random.uniform(0.3, 0.9), 130, 38),
      });
  }
  if (options.pinealCalcification > 0)
    list.push({
      shape: ellipsoid(
        [random.around(0, 1), 27, 41],
        [3, 3.6, 3].map((r) => r * random.uniform(0.6, 1.1)) as [number, number, number],
      ),
      hu: specks(options.pinealCalcification, 420, 55),
    });
  for (let i = Math.round(options.falxCalcification * 5); i > 0; i--) {
    const y = random.pick([random.uniform(-74, -45), random.uniform(-40, 60)]);
    const z = y < -40 ? random.uniform(55, 90) : random.uniform(94, 112);
    list.push({
      shape: ellipsoid(
        [random.around(0, 0.7), y, z],
        [random.uniform(0.8, 2.4), random.uniform(2, 8), random.uniform(2, 7)],
      ),
      hu: specks(0.7, 700, 120),
    });
  }
  return list;
}
