import { describe, expect, it } from "vitest";

import { infratentorial } from "./brain.ts";
import { BLEEDS, generatePhantom } from "./phantom.ts";
import type { Bleed, PhantomStudy } from "./phantom.ts";

/** Small and quick; no tilt or turn, so that places can be told from pixels. */
const SMALL = {
  rows: 128,
  fieldOfViewMm: 240,
  sliceThicknessMm: 5,
  sliceSpacingMm: 10,
  gantryTiltDeg: 0,
  yawDeg: 0,
  rollDeg: 0,
  pitchDeg: 0,
  offsetMm: [0, 0],
  headScale: [1, 1, 1],
  lowestMm: -10,
  noiseHu: 3,
  sharpness: 0,
  motionMm: 0,
  ringHu: 0,
  surgery: "none",
  dentalMetal: false,
} as const;

const make = (bleed: Bleed | null, seed = 5, more: object = {}): PhantomStudy =>
  generatePhantom({ ...SMALL, seed, bleed, bleedSwirl: 0, ...more });

const bleeding = new Map<Bleed, PhantomStudy>();
/** 25 ml on the left, made once. */
function bleedingStudy(bleed: Bleed): PhantomStudy {
  const study = bleeding.get(bleed) ?? make(bleed, 8, { bleedVolumeMl: 25, bleedHu: 68, bleedSide: 1 });
  bleeding.set(bleed, study);
  return study;
}

/** Mean HU within `radiusMm` of a place in head coordinates, in the slice nearest to it. */
function meanHu({ slices, options }: PhantomStudy, x: number, y: number, z: number, radiusMm = 3): number {
  const pixelMm = options.fieldOfViewMm / options.rows;
  const index = Math.round((z - options.lowestMm) / options.sliceSpacingMm);
  const hu = slices[index]?.hu ?? new Int16Array();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < hu.length; i++) {
    const px = ((i % options.rows) + 0.5) * pixelMm - options.fieldOfViewMm / 2;
    const py = (Math.floor(i / options.rows) + 0.5) * pixelMm - options.fieldOfViewMm / 2 + 4;
    if ((px - x) ** 2 + (py - y) ** 2 > radiusMm ** 2) continue;
    sum += hu[i] ?? 0;
    count += 1;
  }
  return sum / count;
}

/** Places of the blood's voxels in head coordinates, and their median HU (its rim shares voxels with bone). */
function bleedOf({ slices, masks, options }: PhantomStudy): {
  places: readonly (readonly [number, number, number])[];
  medianHu: number;
} {
  const pixelMm = options.fieldOfViewMm / options.rows;
  const places: [number, number, number][] = [];
  const hu: number[] = [];
  masks.forEach((mask, index) => {
    mask.forEach((value, i) => {
      if (value === 0) return;
      places.push([
        ((i % options.rows) + 0.5) * pixelMm - options.fieldOfViewMm / 2,
        (Math.floor(i / options.rows) + 0.5) * pixelMm - options.fieldOfViewMm / 2 + 4,
        options.lowestMm + index * options.sliceSpacingMm,
      ]);
      hu.push(slices[index]?.hu[i] ?? 0);
    });
  });
  hu.sort((a, b) => a - b);
  return { places, medianHu: hu[hu.length >> 1] ?? 0 };
}

describe("generatePhantom", { timeout: 120_000 }, () => {
  it("gives the same bytes for the same options", () => {
    const options = { ...SMALL, rows: 64, sliceSpacingMm: 30, seed: 11, bleed: "subdural" } as const;
    const [first, second] = [generatePhantom(options), generatePhantom(options)];
    expect(second).toEqual(first);
    const other = generatePhantom({ ...options, seed: 12 });
    expect(other.slices[2]?.hu).not.toEqual(first.slices[2]?.hu);
  });

  it("names the options that make no image", () => {
    expect(() => make(null, 1, { rows: 63 })).toThrow("rows must be an even integer in 64…1024, got 63");
    expect(() => make(null, 1, { sliceThicknessMm: 0 })).toThrow("sliceThicknessMm must be positive, got 0");
  });

  it("shows tissues at the HU of the literature", () => {
    // Bushberg, "The Essential Physics of Medical Imaging": CSF 0–15, white 20–32, grey 35–45 HU; cortical
    // bone over 1000; diploe, spongy, 300–900.
    const study = make(null, 21, {
      greyHu: 39,
      whiteHu: 30,
      csfHu: 6,
      ventricleScale: 1.6,
      atrophy: 0.2,
      leukoaraiosis: 0,
      oldInfarcts: 0,
      basalGangliaCalcification: 0,
      choroidCalcification: 0,
      hygromaMm: 0,
      beamHardening: 0.5,
      rows: 256,
    });
    expect(meanHu(study, 11, 12, 45)).toBeGreaterThan(33);
    expect(meanHu(study, 11, 12, 45)).toBeLessThan(44);
    expect(meanHu(study, 28, 10, 80)).toBeGreaterThan(23);
    expect(meanHu(study, 28, 10, 80)).toBeLessThan(35);
    const inTheMiddle = study.slices[6]?.hu ?? new Int16Array();
    const highest = inTheMiddle.reduce((a, b) => Math.max(a, b), -1024);
    expect(highest).toBeGreaterThan(1000);
    expect(highest).toBeLessThan(2300);
    expect(inTheMiddle[0]).toBeLessThan(-950);
  });

  it("has no blood in a normal head, whatever calcifies", () => {
    const study = make(null, 3, { falxCalcification: 1, choroidCalcification: 1, pinealCalcification: 1 });
    expect(study.bleedVolumeMl).toBe(0);
    expect(study.masks.every((mask) => mask.every((value) => value === 0))).toBe(true);
  });

  it("lets bone beside a slice shine into it like blood, and the mask is not fooled", () => {
    /** Voxels of 50…100 HU in the brain's place, over the skull base, without noise. */
    const likeBlood = (partialVolume: number): number => {
      const study = make(null, 7, {
        partialVolume,
        noiseHu: 0,
        beamHardening: 0,
        sliceSpacingMm: 5,
        lowestMm: 0,
      });
      expect(study.masks.every((mask) => mask.every((value) => value === 0))).toBe(true);
      const pixelMm = study.options.fieldOfViewMm / study.options.rows;
      let count = 0;
      for (const { hu } of study.slices.slice(0, 7))
        for (let i = 0; i < hu.length; i++) {
          const x = ((i % 128) + 0.5) * pixelMm - 120;
          const y = (Math.floor(i / 128) + 0.5) * pixelMm - 120 + 4;
          const value = hu[i] ?? 0;
          if ((x / 60) ** 2 + (y / 75) ** 2 < 1 && value > 50 && value < 100) count += 1;
        }
      return count;
    };
    expect(likeBlood(1)).toBeGreaterThan(1.3 * likeBlood(0));
  });

  it.each(BLEEDS)("%s: the mask is the blood, 50 to 90 HU", (bleed) => {
    const study = bleedingStudy(bleed);
    const { places, medianHu } = bleedOf(study);
    expect(places.length).toBeGreaterThan(20);
    expect(medianHu).toBeGreaterThan(50);
    expect(medianHu).toBeLessThan(90);
    expect(study.bleedVolumeMl).toBeGreaterThan(4);
    expect(study.bleedVolumeMl).toBeLessThan(80);
  });

  it("lays each bleed into its compartment", () => {
    /** Part of the blood's voxels for which the test holds. */
    const share = (bleed: Bleed, test: (x: number, y: number, z: number) => boolean): number => {
      const { places } = bleedOf(bleedingStudy(bleed));
      return places.filter(([x, y, z]) => test(x, y, z)).length / places.length;
    };
    /** Distance from the head's middle against the vault's: 1 is at the bone. */
    const outward = (x: number, y: number, z: number): number =>
      Math.sqrt((x / 68) ** 2 + ((y - 6) / 84) ** 2 + ((z - 34) / 86) ** 2);
    expect(share("epidural", (x, y, z) => x > -5 && outward(x, y, z) > 0.6)).toBeGreaterThan(0.95);
    expect(share("subdural", (x) => x > -6)).toBeGreaterThan(0.95);
    expect(share("intraventricular", (x, y, z) => outward(x, y, z) < 0.85)).toBeGreaterThan(0.95);
    expect(share("intraparenchymal", (x, y, z) => outward(x, y, z) < 1.05 && x > -10)).toBeGreaterThan(0.95);
    expect(infratentorial(0, 50, 0)).toBeLessThan(0);
    expect(infratentorial(0, 0, 80)).toBeGreaterThan(0);
  });

  it("adds noise of the wanted strength", () => {
    const measure = (noiseHu: number): number => {
      const { slices } = make(null, 4, { noiseHu });
      const quiet = make(null, 4, { noiseHu: 0 }).slices;
      let square = 0;
      let count = 0;
      for (let y = 50; y < 78; y++)
        for (let x = 45; x < 83; x++) {
          const i = y * 128 + x;
          square += ((slices[8]?.hu[i] ?? 0) - (quiet[8]?.hu[i] ?? 0)) ** 2;
          count += 1;
        }
      return Math.sqrt(square / count);
    };
    const ratio = measure(4) / 4;
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.5);
  });
});
