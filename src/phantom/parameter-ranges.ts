/**
 * @file Ranges of one's own for a phantom's parameters: `noiseHu=2..8` instead of what a clinical scanner would give.
 */
import { SURGERIES } from "./options.ts";
import type { PhantomParameters, Surgery } from "./options.ts";
import { Random, mixSeed } from "./random.ts";

/** Parameters that are one number, and where a range of them must lie for a head to come out. */
const LIMITS = {
  rows: [64, 1024],
  fieldOfViewMm: [150, 500],
  sliceThicknessMm: [0.4, 10],
  sliceSpacingMm: [0.4, 50],
  lowestMm: [-120, 60],
  gantryTiltDeg: [-30, 30],
  yawDeg: [-45, 45],
  rollDeg: [-45, 45],
  pitchDeg: [-45, 45],
  ageYears: [18, 100],
  skullThicknessMm: [2, 15],
  scalpThicknessMm: [2, 15],
  atrophy: [0, 1],
  ventricleScale: [0.4, 2.2],
  greyHu: [25, 50],
  whiteHu: [18, 45],
  csfHu: [-5, 20],
  vesselHu: [30, 80],
  choroidCalcification: [0, 1],
  pinealCalcification: [0, 1],
  falxCalcification: [0, 1],
  basalGangliaCalcification: [0, 1],
  vesselCalcification: [0, 1],
  leukoaraiosis: [0, 1],
  oldInfarcts: [0, 5],
  hygromaMm: [0, 15],
  noiseHu: [0, 30],
  sharpness: [0, 1],
  beamHardening: [0, 4],
  motionMm: [0, 10],
  ringHu: [0, 20],
  bleedVolumeMl: [1, 150],
  bleedHu: [35, 95],
  bleedSwirl: [0, 1],
} as const satisfies Partial<Record<keyof PhantomParameters, readonly [number, number]>>;
type RangedParameter = keyof typeof LIMITS;

/** Only whole values make sense, rows even ones. */
const WHOLE: ReadonlySet<string> = new Set(["rows", "ageYears", "oldInfarcts"]);

/** Numbers from…to, and what may be in the skull. */
export type ParameterRanges = {
  readonly [Name in RangedParameter]?: readonly [from: number, to: number];
} & { readonly surgery?: Surgery };

const isRanged = (name: string): name is RangedParameter => Object.hasOwn(LIMITS, name);

/**
 * `name=value`, `name=from..to` or `surgery=craniotomy`, added to what was parsed before.
 * @throws RangeError naming the parameters there are, or the limits
 */
export function parseParameterRange(text: string, before: ParameterRanges = {}): ParameterRanges {
  const [name = "", value = ""] = text.split("=");
  if (name === "surgery") {
    const surgery = SURGERIES.find((known) => known === value);
    if (!surgery) throw new RangeError(`surgery is one of ${SURGERIES.join(", ")}, not "${value}"`);
    return { ...before, surgery };
  }
  if (!isRanged(name))
    throw new RangeError(
      `there is no parameter "${name}"; expected surgery, ${Object.keys(LIMITS).join(", ")}`,
    );
  const [from = NaN, to = from, ...more] = value
    .split("..")
    .map((part) => (part === "" ? NaN : Number(part)));
  const [least, most] = LIMITS[name];
  if (!(from >= least && to <= most && from <= to) || more.length > 0)
    throw new RangeError(`${name} is a number or a range within ${least}..${most}, not "${value}"`);
  return { ...before, [name]: [from, to] };
}

/** A value of each range, by the study's seed. */
export function drawRanges(
  { surgery, ...ranges }: ParameterRanges,
  seed: number,
): Partial<PhantomParameters> {
  const drawn = Object.entries<readonly [number, number]>(ranges).map(([name, [from, to]], i) => {
    const value = from === to ? from : new Random(mixSeed(seed, i)).fork(77).uniform(from, to);
    const whole = name === "rows" ? 2 * Math.round(value / 2) : Math.round(value);
    return [name, WHOLE.has(name) ? whole : value] as const;
  });
  return { ...(Object.fromEntries(drawn) as Partial<PhantomParameters>), ...(surgery ? { surgery } : {}) };
}
