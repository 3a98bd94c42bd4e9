/**
 * @file Ranges of one's own for a phantom's parameters: `noiseHu=2..8` instead of what a clinical scanner would give.
 */
import { SURGERIES } from "./options.ts";
import type { PhantomParameters, Surgery } from "./options.ts";
import { Random, mixSeed } from "./random.ts";

interface ParameterFacts {
  /** Where a value or range must lie for a head to come out. */
  readonly limits: readonly [least: number, most: number];
  /** What the name and its unit leave open. */
  readonly what: string;
}

/** Parameters that are one number. */
const PARAMETERS = {
  rows: { limits: [64, 1024], what: "image size" },
  fieldOfViewMm: { limits: [150, 500], what: "" },
  sliceThicknessMm: { limits: [0.4, 10], what: "" },
  sliceSpacingMm: { limits: [0.4, 50], what: "between slice centres" },
  lowestMm: { limits: [-120, 60], what: "height of the first slice over the orbitomeatal plane" },
  gantryTiltDeg: { limits: [-30, 30], what: "" },
  yawDeg: { limits: [-45, 45], what: "" },
  rollDeg: { limits: [-45, 45], what: "" },
  pitchDeg: { limits: [-45, 45], what: "" },
  ageYears: { limits: [18, 100], what: "" },
  skullThicknessMm: { limits: [2, 15], what: "" },
  scalpThicknessMm: { limits: [2, 15], what: "" },
  atrophy: { limits: [0, 1], what: "0 full brain, 1 severe shrinkage" },
  ventricleScale: { limits: [0.4, 2.2], what: "radius against the standard" },
  greyHu: { limits: [25, 50], what: "" },
  whiteHu: { limits: [18, 45], what: "" },
  csfHu: { limits: [-5, 20], what: "" },
  vesselHu: { limits: [30, 80], what: "flowing blood" },
  choroidCalcification: { limits: [0, 1], what: "0 none, 1 heavy; as the next four" },
  pinealCalcification: { limits: [0, 1], what: "" },
  falxCalcification: { limits: [0, 1], what: "" },
  basalGangliaCalcification: { limits: [0, 1], what: "" },
  vesselCalcification: { limits: [0, 1], what: "" },
  leukoaraiosis: { limits: [0, 1], what: "white-matter disease" },
  oldInfarcts: { limits: [0, 5], what: "how many" },
  hygromaMm: { limits: [0, 15], what: "old fluid over one convexity" },
  noiseHu: { limits: [0, 30], what: "standard deviation in the brain" },
  sharpness: { limits: [0, 1], what: "kernel: 0 smooth, 1 sharp" },
  beamHardening: { limits: [0, 4], what: "1 is a typical scanner" },
  partialVolume: { limits: [0, 1], what: "bone beside a slice shining into it, which looks like blood" },
  motionMm: { limits: [0, 10], what: "in some of the slices" },
  ringHu: { limits: [0, 20], what: "ring artefacts" },
  bleedVolumeMl: { limits: [1, 150], what: "" },
  bleedHu: { limits: [35, 95], what: "" },
  bleedSwirl: { limits: [0, 1], what: "0 uniform, 1 mixed with unclotted blood" },
} as const satisfies Partial<Record<keyof PhantomParameters, ParameterFacts>>;
type RangedParameter = keyof typeof PARAMETERS;

/** Only whole values make sense, rows even ones. */
const WHOLE: ReadonlySet<string> = new Set(["rows", "ageYears", "oldInfarcts"]);

/** Numbers from…to, and what may be in the skull. */
export type ParameterRanges = {
  readonly [Name in RangedParameter]?: readonly [from: number, to: number];
} & { readonly surgery?: Surgery; readonly dentalMetal?: boolean };

const isRanged = (name: string): name is RangedParameter => Object.hasOwn(PARAMETERS, name);

/**
 * `name=value`, `name=from..to`, `surgery=craniotomy` or `dentalMetal=true`, added to what was parsed before.
 * @throws RangeError naming the parameters there are, or the limits
 */
export function parseParameterRange(text: string, before: ParameterRanges = {}): ParameterRanges {
  const [name = "", value = ""] = text.split("=");
  if (name === "surgery") {
    const surgery = SURGERIES.find((known) => known === value);
    if (!surgery) throw new RangeError(`surgery is one of ${SURGERIES.join(", ")}, not "${value}"`);
    return { ...before, surgery };
  }
  if (name === "dentalMetal") {
    if (value !== "true" && value !== "false")
      throw new RangeError(`dentalMetal is true or false, not "${value}"`);
    return { ...before, dentalMetal: value === "true" };
  }
  if (!isRanged(name))
    throw new RangeError(
      `there is no parameter "${name}"; expected surgery, dentalMetal, ${Object.keys(PARAMETERS).join(", ")}`,
    );
  const [from = NaN, to = from, ...more] = value
    .split("..")
    .map((part) => (part === "" ? NaN : Number(part)));
  const [least, most] = PARAMETERS[name].limits;
  if (!(from >= least && to <= most && from <= to) || more.length > 0)
    throw new RangeError(`${name} is a number or a range within ${least}..${most}, not "${value}"`);
  return { ...before, [name]: [from, to] };
}

/** A value of each range, by the study's seed. */
export function drawRanges(
  { surgery, dentalMetal, ...ranges }: ParameterRanges,
  seed: number,
): Partial<PhantomParameters> {
  const drawn = Object.entries<readonly [number, number]>(ranges).map(([name, [from, to]], i) => {
    const value = from === to ? from : new Random(mixSeed(seed, i)).fork(77).uniform(from, to);
    const whole = name === "rows" ? 2 * Math.round(value / 2) : Math.round(value);
    return [name, WHOLE.has(name) ? whole : value] as const;
  });
  return {
    ...(Object.fromEntries(drawn) as Partial<PhantomParameters>),
    ...(surgery ? { surgery } : {}),
    ...(dentalMetal === undefined ? {} : { dentalMetal }),
  };
}

/** Every parameter with its limits, a line each, for a command's help. */
export function parameterHelp(): string {
  const lines = Object.entries<ParameterFacts>(PARAMETERS).map(([name, { limits, what }]) => {
    const [least, most] = limits;
    return `  ${name.padEnd(27)}${`${least}..${most}`.padEnd(12)}${what}`.trimEnd();
  });
  return [
    ...lines,
    `  ${"surgery".padEnd(27)}${SURGERIES.join(", ")}`,
    `  ${"dentalMetal".padEnd(27)}true, false`,
  ].join("\n");
}
