/**
 * @file What a phantom head is drawn from: every parameter, its unit, and how it is drawn when not given.
 *
 * Ranges follow clinical head CT: HU after Bushberg, "The Essential Physics of Medical Imaging" (grey 37–41,
 * white 25–32, CSF 0–15, acute blood 55–85), geometry and noise after the scanners' own usual head protocols.
 */
import { Random } from "./random.ts";

/** Where the blood is, in the words of the RSNA 2019 labels. */
export const BLEEDS = [
  "epidural",
  "subdural",
  "subarachnoid",
  "intraparenchymal",
  "intraventricular",
] as const;
export type Bleed = (typeof BLEEDS)[number];

export const SURGERIES = ["none", "burr-hole", "craniotomy", "shunt", "aneurysm-clip"] as const;
export type Surgery = (typeof SURGERIES)[number];

export interface PhantomParameters {
  /** Image size: rows = columns, even. */
  readonly rows: number;
  readonly fieldOfViewMm: number;
  readonly sliceThicknessMm: number;
  /** Distance between slice centres along the table. */
  readonly sliceSpacingMm: number;
  /** Where the first slice cuts the head: height over the orbitomeatal plane, usually negative. */
  readonly lowestMm: number;
  readonly gantryTiltDeg: number;
  readonly yawDeg: number;
  readonly rollDeg: number;
  readonly pitchDeg: number;
  readonly offsetMm: readonly [x: number, y: number];

  readonly ageYears: number;
  /** Size of the head against the standard one: width, length, height. */
  readonly headScale: readonly [number, number, number];
  readonly skullThicknessMm: number;
  readonly scalpThicknessMm: number;
  /** 0 full brain … 1 severe shrinkage. */
  readonly atrophy: number;
  /** Radius of the ventricles against the standard ones. */
  readonly ventricleScale: number;
  readonly greyHu: number;
  readonly whiteHu: number;
  readonly csfHu: number;
  /** Flowing blood in sinuses and arteries. */
  readonly vesselHu: number;

  /** 0 none … 1 heavy. */
  readonly choroidCalcification: number;
  readonly pinealCalcification: number;
  readonly falxCalcification: number;
  readonly basalGangliaCalcification: number;
  readonly vesselCalcification: number;
  /** White-matter disease, 0…1. */
  readonly leukoaraiosis: number;
  /** Old infarcts, each a dark scar. */
  readonly oldInfarcts: number;
  /** Old fluid over one convexity (not acute blood), 0 for none. */
  readonly hygromaMm: number;
  readonly surgery: Surgery;
  readonly dentalMetal: boolean;

  /** Standard deviation of the noise in the brain, in HU. */
  readonly noiseHu: number;
  /** 0 smooth … 1 sharp reconstruction kernel. */
  readonly sharpness: number;
  /** Strength of the dark bands between dense bones; 1 is a typical scanner. */
  readonly beamHardening: number;
  /**
   * How much of what lies beside a slice shines into it, 0 for none … 1: bone of a few percent looks like blood. Drawn by
   * nobody: the default model was made and judged on heads with 0.
   */
  readonly partialVolume: number;
  /** Movement during some of the slices, 0 for none. */
  readonly motionMm: number;
  /** Amplitude of ring artefacts in HU, 0 for none. */
  readonly ringHu: number;

  /** Wanted amount of blood (0 without a bleed); what came out stands in `PhantomStudy.bleedVolumeMl`. */
  readonly bleedVolumeMl: number;
  readonly bleedHu: number;
  readonly bleedSide: -1 | 1;
  /** 0 uniform … 1 mixed clot and unclotted blood. */
  readonly bleedSwirl: number;
}

/** Give the seed and the bleed; anything else overrides what would be drawn. */
export type PhantomOptions = {
  readonly seed: number;
  readonly bleed: Bleed | null;
} & Partial<PhantomParameters>;

export type ResolvedPhantomOptions = Required<PhantomOptions>;

/** Usual amounts in millilitres: from just visible to life-threatening. */
const VOLUME_RANGE_ML: Readonly<Record<Bleed, readonly [number, number]>> = {
  epidural: [6, 80],
  subdural: [6, 110],
  subarachnoid: [5, 40],
  intraparenchymal: [2, 60],
  intraventricular: [4, 40],
};

/**
 * Draw what was not given.
 * @throws {RangeError} when a given value can't make an image.
 */
export function resolveOptions(options: PhantomOptions): ResolvedPhantomOptions {
  const drawn = drawParameters(new Random(options.seed).fork(1), options);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all: ResolvedPhantomOptions = { ...drawn, seed: options.seed, bleed: options.bleed, ...given };
  if (!Number.isInteger(all.rows) || all.rows < 64 || all.rows > 1024 || all.rows % 2 !== 0)
    throw new RangeError(`rows must be an even integer in 64…1024, got ${all.rows}`);
  for (const name of ["sliceThicknessMm", "sliceSpacingMm", "fieldOfViewMm"] as const)
    if (!(all[name] > 0)) throw new RangeError(`${name} must be positive, got ${all[name]}`);
  if (!(all.noiseHu >= 0)) throw new RangeError(`noiseHu must not be negative, got ${all.noiseHu}`);
  return all;
}

function drawParameters(random: Random, { bleed, ...given }: PhantomOptions): PhantomParameters {
  const ageYears =
    given.ageYears ?? Math.round(random.chance(0.2) ? random.uniform(18, 45) : random.around(65, 14));
  const shrink = Math.max(0, (ageYears - 35) / 55);
  const atrophy = given.atrophy ?? clamp(shrink * shrink * 0.75 + random.normal(0.04, 0.13), 0, 1);
  const old = ageYears > 50 ? 1 : 0.2;
  const sliceThicknessMm = given.sliceThicknessMm ?? random.pick([5, 5, 5, 5, 5, 4, 4.8, 3, 2.5, 7]);
  const sharpness = random.chance(0.12) ? random.uniform(0.6, 1) : random.uniform(0, 0.5);
  const greyHu = random.around(36.8, 2.2);
  return {
    rows: 512,
    fieldOfViewMm: random.uniform(224, 258),
    sliceThicknessMm,
    sliceSpacingMm: sliceThicknessMm,
    lowestMm: random.uniform(-38, -8),
    gantryTiltDeg: random.chance(0.4) ? random.uniform(-5, 20) : 0,
    yawDeg: random.around(0, 7),
    rollDeg: random.around(0, 3.5),
    pitchDeg: random.around(0, 7),
    offsetMm: [random.around(0, 5), random.around(3, 6)],
    ageYears,
    headScale: [random.around(1, 0.035), random.around(1, 0.04), random.around(1, 0.03)],
    skullThicknessMm: random.around(6.6, 1.2),
    scalpThicknessMm: random.around(6, 1.4),
    atrophy,
    ventricleScale: clamp(
      0.78 + 0.75 * atrophy + random.normal(0, 0.13),
      bleed === "intraventricular" ? 0.95 : 0.45,
      2.1,
    ),
    greyHu,
    whiteHu: greyHu - random.around(8, 1.4),
    csfHu: random.uniform(3, 10),
    vesselHu: random.around(48, 6),
    choroidCalcification: random.chance(0.65 * old) ? random.uniform(0.2, 1) : 0,
    pinealCalcification: random.chance(0.6) ? random.uniform(0.2, 1) : 0,
    falxCalcification: random.chance(0.25 * old) ? random.uniform(0.2, 1) : 0,
    basalGangliaCalcification: random.chance(0.12 * old) ? random.uniform(0.2, 1) : 0,
    vesselCalcification: random.chance(0.6 * old) ? random.uniform(0.2, 1) : 0,
    leukoaraiosis: clamp(shrink * random.uniform(0, 1), 0, 1),
    oldInfarcts: random.chance(0.25 * old) ? random.integer(1, 2) : 0,
    hygromaMm: random.chance(0.06 * old) ? random.uniform(3, 9) : 0,
    surgery: random.chance(0.07)
      ? random.pick(["burr-hole", "craniotomy", "shunt", "aneurysm-clip"])
      : "none",
    dentalMetal: random.chance(0.3),
    noiseHu: (random.logUniform(2.4, 5.5) / Math.sqrt(sliceThicknessMm / 5)) * (1 + sharpness),
    sharpness,
    beamHardening: random.uniform(0.4, 1.5),
    partialVolume: 0,
    motionMm: random.chance(0.08) ? random.uniform(1, 5) : 0,
    ringHu: random.chance(0.05) ? random.uniform(1, 5) : 0,
    bleedVolumeMl: bleed ? random.logUniform(...VOLUME_RANGE_ML[bleed]) : 0,
    bleedHu: random.around(63, 5),
    bleedSide: random.side(),
    bleedSwirl: random.chance(0.5) ? random.uniform(0, 1) : 0,
  };
}

function clamp(value: number, from: number, to: number): number {
  return Math.max(from, Math.min(to, value));
}
