/**
 * @file A busy evening: phantom studies in the order they arrive, about a quarter with a bleed, one of them
 * not a head. Everything follows from the seed.
 */
import { chestToDicom } from "./chest.ts";
import { dosePage, phantomLocalizer, phantomToDicom, studyShape } from "./dicom.ts";
import type { PhantomIdentity } from "./dicom.ts";
import { drawIdentity } from "./identities.ts";
import { BLEEDS, generatePhantom } from "./phantom.ts";
import type { Bleed } from "./phantom.ts";
import { Random, mixSeed } from "./random.ts";

export interface ShiftStudy {
  /** Part 10 files, in the order a scanner sends them. */
  readonly instances: readonly Uint8Array[];
  readonly identity: PhantomIdentity;
  readonly bleed: Bleed | null;
  /** "head, subdural 42 ml", "head, no bleed" or "chest": for a progress line; nothing of the patient. */
  readonly what: string;
  /** Fraction of the evening, 0…1, and the same in milliseconds of an evening of four hours. */
  readonly arrivesAt: number;
  readonly arrivesAfterMs: number;
}

export interface ShiftRequest {
  readonly seed: number;
  readonly studies: number;
}

const SHIFT_MS = 4 * 3600 * 1000;
/** Bleeds of an evening are those that matter: neither just visible nor hopeless. */
const SHIFT_VOLUME_ML = [14, 45] as const;
const SHIFT_START = Date.UTC(2026, 2, 6, 18, 0, 0);
/** From this many studies on, one is a chest and every kind of bleed comes. */
const FULL_SHIFT = 16;

/** Study after study, made when asked for. */
export function* generateShift({ seed, studies }: ShiftRequest): Generator<ShiftStudy> {
  const random = new Random(seed);
  const plan = planShift(studies, seed);
  for (const [ordinal, { kind, arrivesAt }] of plan.entries()) {
    const draw = random.fork(100 + ordinal);
    const arrivesAfterMs = Math.round(arrivesAt * SHIFT_MS);
    const studyAt = new Date(SHIFT_START + arrivesAfterMs).toISOString().slice(0, 19);
    const common = { arrivesAt, arrivesAfterMs };
    if (kind === "chest") {
      const ageYears = draw.integer(30, 80);
      const identity = drawIdentity({ ageYears, studyAt, ordinal, description: "CT CHEST" }, draw);
      const instances = chestToDicom(draw.next(), identity, ageYears);
      yield { ...common, instances, identity, bleed: null, what: "chest" };
      continue;
    }
    const bleed = kind === "none" ? null : kind;
    const study = generatePhantom({
      seed: mixSeed(seed, ordinal),
      bleed,
      ...(bleed === null ? {} : { bleedVolumeMl: draw.logUniform(...SHIFT_VOLUME_ML) }),
    });
    const { ageYears } = study.options;
    const identity = drawIdentity({ ageYears, studyAt, ordinal }, draw);
    const instances = phantomToDicom(study, identity);
    if (draw.chance(0.6)) instances.unshift(phantomLocalizer(study, identity));
    if (draw.chance(0.35)) instances.push(dosePage(studyShape(study), identity, study.slices.length));
    const what = bleed ? `head, ${bleed} ${Math.round(study.bleedVolumeMl)} ml` : "head, no bleed";
    yield { ...common, instances, identity, bleed, what };
  }
}

/** What comes when. */
export interface PlannedStudy {
  readonly kind: Bleed | "none" | "chest";
  readonly arrivesAt: number;
}

/** The evening's plan: bleeds spread at random, not among the first two; the rest normal, one chest. */
export function planShift(studies: number, seed: number): PlannedStudy[] {
  const random = new Random(seed).fork(1);
  const wanted =
    studies >= FULL_SHIFT ? Math.max(BLEEDS.length, Math.round(studies / 4)) : Math.round(studies / 4);
  const kinds: PlannedStudy["kind"][] = Array.from({ length: studies }, () => "none");
  const places = shuffled([...kinds.keys()].slice(studies > 3 ? 2 : 0), random);
  const bleeds = shuffled([...BLEEDS], random);
  for (let i = 0; i < wanted; i++) {
    const place = places.pop();
    if (place !== undefined) kinds[place] = bleeds[i % bleeds.length] ?? "none";
  }
  const chest = places.pop();
  if (studies >= FULL_SHIFT && chest !== undefined) kinds[chest] = "chest";
  let at = 0;
  const gaps = kinds.map(() => (at += random.uniform(0.3, 1.7)));
  return kinds.map((kind, i) => ({ kind, arrivesAt: i === 0 ? 0 : (gaps[i] ?? 0) / (at + 0.5) }));
}

function shuffled<T>(list: T[], random: Random): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}
