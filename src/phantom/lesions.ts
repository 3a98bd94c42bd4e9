/**
 * @file What is wrong with this brain: fresh blood in one of five compartments, what it displaces, and old
 * findings that are not blood (scars, hygroma).
 */
import { tentoriumHeight } from "./brain.ts";
import type { GridField } from "./grid-field.ts";
import { createNoise, createRoughNoise } from "./noise.ts";
import type { Field } from "./noise.ts";
import type { ResolvedPhantomOptions } from "./options.ts";
import type { Random } from "./random.ts";
import { ellipsoid, smoothStep } from "./shapes.ts";
import type { Point, Shape } from "./shapes.ts";

export interface Lesions {
  /** Layer between skull and brain, in mm of thickness at this point's outer surface; 0 for none. */
  readonly layerMm: Field;
  /** True when the layer is blood, false for old fluid. */
  readonly layerIsBlood: boolean;
  readonly layerHu: Field;
  /** Blood against the falx (of one side) or on the tentorium: half-thickness in mm. */
  readonly falxLayerMm: Field;
  readonly tentoriumLayerMm: Field;
  /** Part (0…1) of the fluid of sulci and cisterns that is blood. */
  readonly subarachnoid: Field;
  /** How much wider bloody sulci are. */
  readonly sulcusSwellingMm: number;
  /** Part (0…1) of the fluid of the ventricles that is blood. */
  readonly intraventricular: Field;
  /** Signed distance to blood in the tissue. Infinity when there is none. */
  readonly clot: Field;
  readonly oedemaMm: number;
  readonly bloodHu: Field;
  /** Where the tissue now at a point has come from: the displacement to take off. */
  readonly push: (x: number, y: number, z: number, out: Float64Array) => void;
  /** Old scars: fluid-like holes with dark edges. */
  readonly scars: readonly Shape[];
}

const NOTHING: Field = () => 0;

/** @param ventricles signed distance to their wall, mm: blood in them is measured out against it */
export function buildLesions(
  options: ResolvedPhantomOptions,
  ventricles: GridField,
  random: Random,
): Lesions {
  const seed = random.next();
  const clotted = createRoughNoise(seed + 1, 11);
  const fresh = createNoise(seed + 2, 15);
  const { bleedHu, bleedSwirl, bleed } = options;
  const old: Lesions = {
    layerMm: NOTHING,
    layerIsBlood: false,
    layerHu: () => 12,
    falxLayerMm: NOTHING,
    tentoriumLayerMm: NOTHING,
    subarachnoid: NOTHING,
    sulcusSwellingMm: 0,
    intraventricular: NOTHING,
    clot: () => Infinity,
    oedemaMm: 0,
    bloodHu: (x, y, z) =>
      bleedHu + 7 * clotted(x, y, z) - 26 * bleedSwirl * smoothStep(0.1, 0.45, fresh(x, y, z)),
    push: (_x, _y, _z, out) => out.fill(0),
    scars: scars(options, random.fork(3)),
  };
  const draw = random.fork(4);
  const hygroma: Lesions =
    options.hygromaMm > 0
      ? { ...old, layerMm: crescent(options.hygromaMm, -options.bleedSide, draw, seed + 5) }
      : old;
  switch (bleed) {
    case null:
      return hygroma;
    case "epidural":
      return epidural(options, old, draw, seed);
    case "subdural":
      return subdural(options, old, draw, seed);
    case "subarachnoid":
      return subarachnoid(options, hygroma, draw, seed);
    case "intraparenchymal":
      return intraparenchymal(options, hygroma, draw, seed);
    case "intraventricular":
      return intraventricular(options, hygroma, draw, seed, ventricles);
  }
}

/** Tissue moves away from a place: `amount` mm along `direction`, fading over `widthMm`. */
function shove(at: Point, direction: Point, amountMm: number, widthMm: number): Lesions["push"] {
  const fade = 1 / (2 * widthMm * widthMm);
  return (x, y, z, out) => {
    const d = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2;
    const a = amountMm * Math.exp(-d * fade);
    out[0] = direction[0] * a;
    out[1] = direction[1] * a;
    out[2] = direction[2] * a;
  };
}

function epidural(options: ResolvedPhantomOptions, base: Lesions, random: Random, seed: number): Lesions {
  const side = options.bleedSide;
  const edge = createNoise(seed + 21, 22);
  // Mostly temporal and parietal, bounded by sutures, so round and thick for its width.
  const [x, y, z] = random.pick<Point>([
    [60, 0, 38],
    [62, -8, 30],
    [58, 35, 70],
    [48, -62, 52],
    [40, 70, 40],
    [44, 62, -4],
  ]);
  const center: Point = [x * side, y + random.around(0, 6), z + random.around(0, 6)];
  const flat = random.uniform(0.28, 0.45);
  // Volume of a spherical cap of base radius R and height flat·R.
  const radius = Math.cbrt((options.bleedVolumeMl * 1000) / ((Math.PI / 6) * flat * (3 + flat * flat)));
  const height = flat * radius;
  return {
    ...base,
    layerIsBlood: true,
    layerHu: base.bloodHu,
    layerMm: (px, py, pz) => {
      const d =
        Math.sqrt((px - center[0]) ** 2 + (py - center[1]) ** 2 + (pz - center[2]) ** 2) / radius +
        0.12 * edge(px, py, pz);
      return d >= 1 ? 0 : height * (1 - d * d);
    },
    push: shove(center, [-side, 0, 0], Math.min(9, height * random.uniform(0.25, 0.5)), 45),
  };
}

/** A crescent over one hemisphere, thickest at its middle, ending before the midline. */
function crescent(thicknessMm: number, side: number, random: Random, seed: number): Field {
  const uneven = createNoise(seed, 34);
  const middle: Point = [side * 55, random.uniform(-35, 40), random.uniform(45, 85)];
  const extent = random.uniform(55, 95);
  return (x, y, z) => {
    const d = Math.sqrt((x - middle[0]) ** 2 + (y - middle[1]) ** 2 + (z - middle[2]) ** 2) / extent;
    if (d >= 1) return 0;
    const ends =
      smoothStep(3, 16, x * side) * smoothStep(6, 22, z - Math.max(0, tentoriumHeight(x, y) * 0.6));
    return thicknessMm * (1 - d ** 3) * ends * Math.max(0, 1 + 0.7 * uneven(x, y, z));
  };
}

function subdural(options: ResolvedPhantomOptions, base: Lesions, random: Random, seed: number): Lesions {
  const side = options.bleedSide;
  const spread = createNoise(seed + 31, 40);
  const alongFalx = random.chance(0.4);
  const onTentorium = random.chance(0.35);
  // A crescent of one millimetre over a hemisphere holds some 9 ml.
  const thickness = Math.max(2.4, Math.min(22, options.bleedVolumeMl / 8));
  const hemisphere = crescent(thickness, side, random, seed + 32);
  const levelY = random.uniform(-10, 40);
  const sediment = random.chance(0.2);
  const bloodHu: Field = sediment
    ? (x, y, z) => base.bloodHu(x, y, z) - 34 * smoothStep(levelY + 8, levelY - 8, y)
    : base.bloodHu;
  return {
    ...base,
    layerIsBlood: true,
    layerMm: hemisphere,
    layerHu: bloodHu,
    bloodHu,
    falxLayerMm: alongFalx
      ? (x, y, z) => (x * side > -1 ? Math.max(0, 1.2 + thickness * 0.1 + 1.6 * spread(x, y, z)) : 0)
      : NOTHING,
    tentoriumLayerMm: onTentorium
      ? (x, y, z) => (x * side > 5 ? Math.max(0, 1.1 + thickness * 0.06 + 1.5 * spread(x, y, z)) : 0)
      : NOTHING,
    push: shove([side * 50, 0, 60], [-side, 0, 0], Math.min(15, thickness * random.uniform(0.4, 0.85)), 55),
  };
}

function subarachnoid(options: ResolvedPhantomOptions, base: Lesions, random: Random, seed: number): Lesions {
  const side = options.bleedSide;
  const patches = createNoise(seed + 41, 38);
  const aneurysmal = random.chance(0.6);
  // From a burst aneurysm it fills the basal cisterns and the fissures; after trauma it lies over a convexity.
  const center: Point = aneurysmal
    ? [side * random.uniform(0, 14), -8, 26]
    : [side * random.uniform(38, 58), random.uniform(-45, 45), random.uniform(40, 95)];
  const radius = (aneurysmal ? 18 : 13) + 4 * Math.sqrt(options.bleedVolumeMl);
  return {
    ...base,
    sulcusSwellingMm: 0.25 + 0.11 * Math.sqrt(options.bleedVolumeMl),
    subarachnoid: (x, y, z) => {
      const d =
        Math.sqrt((x - center[0]) ** 2 + (y - center[1]) ** 2 + (1.15 * (z - center[2])) ** 2) / radius;
      return smoothStep(1.05, 0.75, d + 0.55 * patches(x, y, z));
    },
  };
}

function intraparenchymal(
  options: ResolvedPhantomOptions,
  base: Lesions,
  random: Random,
  seed: number,
): Lesions {
  const side = options.bleedSide;
  const shape = createRoughNoise(seed + 51, 26);
  const several = random.chance(0.2);
  const radius = Math.cbrt((options.bleedVolumeMl * 1000 * 3) / (4 * Math.PI));
  const deep = random.chance(0.55);
  const place = (): Point =>
    deep
      ? random.pick<Point>([
          [side * 28, -4, 47],
          [side * 26, 4, 50],
          [side * 13, 12, 46],
          [side * 16, -22, 52],
        ])
      : random.pick<Point>([
          [side * 34, -46, 58],
          [side * 42, 12, 76],
          [side * 36, 48, 60],
          [side * 42, -10, 14],
          [side * 24, 60, 52],
          [side * 24, -8, 92],
          [side * 26, 46, 4],
        ]);
  const center = place();
  const long = random.uniform(0.8, 1.6);
  const turn = random.uniform(-0.8, 0.8);
  const main = ellipsoid(
    center,
    [radius * random.uniform(0.75, 0.95), radius * long, radius / Math.sqrt(long)],
    turn,
  );
  const others = several
    ? Array.from({ length: random.integer(1, 3) }, () => {
        const r = Math.max(2.5, radius * random.uniform(0.25, 0.5));
        const [x, y, z] = place();
        return ellipsoid(
          [x + random.around(0, 9), y + random.around(0, 9), z + random.around(0, 9)],
          [r, r * 1.2, r],
        );
      })
    : [];
  const ragged = Math.min(7, 1.5 + 0.3 * radius);
  const grow = Math.min(7, radius * 0.5);
  return {
    ...base,
    clot: (x, y, z) => {
      let d = main.distance(x, y, z);
      for (const other of others) d = Math.min(d, other.distance(x, y, z));
      return d > 30 ? d : d + ragged * shape(x, y, z);
    },
    oedemaMm: random.chance(0.8) ? random.uniform(1.5, 4 + radius * 0.35) : 0.8,
    push: (x, y, z, out) => {
      const dx = x - center[0];
      const dy = y - center[1];
      const dz = z - center[2];
      const r = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-3;
      const a = (grow * Math.exp(-((r / (radius * 2.4)) ** 2)) * Math.min(1, r / radius)) / r;
      out[0] = dx * a;
      out[1] = dy * a;
      out[2] = dz * a;
    },
  };
}

function intraventricular(
  options: ResolvedPhantomOptions,
  base: Lesions,
  random: Random,
  seed: number,
  ventricles: GridField,
): Lesions {
  const side = options.bleedSide;
  const clots = createNoise(seed + 61, 20);
  // Lying on the back, blood settles in the occipital horns with a level; or it clots and fills a ventricle.
  const layered = random.chance(0.5);
  const bothSides = random.chance(0.6);
  /** The larger, the sooner blood is here. */
  const order: Field = layered
    ? (x, y, z) => y + 2 * clots(x, y, z) - (x * side > -2 || bothSides ? 0 : 15)
    : (x, y, z) => 60 * clots(x, y, z) + (x * side > -2 || bothSides ? 0 : -40);
  const level = levelFor(options.bleedVolumeMl, ventricles, order);
  return {
    ...base,
    intraventricular: (x, y, z) => smoothStep(level - 1.2, level + 1.2, order(x, y, z)),
  };
}

/** The level over which `order` holds the wanted volume of the ventricles, at most seven eighths of them. */
function levelFor(volumeMl: number, ventricles: GridField, order: Field): number {
  const step = 2.5;
  const values: number[] = [];
  for (let z = 0; z < 80; z += step)
    for (let y = -60; y < 80; y += step)
      for (let x = -48; x < 48; x += step) if (ventricles.at(x, y, z) < 0) values.push(order(x, y, z));
  values.sort((a, b) => b - a);
  const wanted = Math.round((volumeMl * 1000) / step ** 3);
  return values[Math.min(wanted, Math.floor(values.length * 0.875))] ?? 0;
}

function scars(options: ResolvedPhantomOptions, random: Random): Shape[] {
  return Array.from({ length: options.oldInfarcts }, () => {
    const side = random.side();
    if (random.chance(0.55))
      return ellipsoid(
        [side * random.uniform(14, 28), random.uniform(-20, 14), random.uniform(42, 58)],
        [random.uniform(1.5, 4), random.uniform(2, 6), random.uniform(2, 5)],
      );
    const around = random.uniform(-0.9, 2.4);
    const r = random.uniform(9, 22);
    return ellipsoid(
      [side * 56 * Math.cos(around * 0.6), 62 * Math.sin(around), random.uniform(40, 88)],
      [r, r * 1.2, r],
    );
  });
}
