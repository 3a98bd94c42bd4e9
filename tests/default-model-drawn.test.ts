import { beforeAll, describe, expect, it } from "vitest";

import { components } from "../src/imaging/morphology.ts";
import type { Grid } from "../src/imaging/resize.ts";
import { Random } from "../src/phantom/random.ts";
import { BLEEDS, SETTINGS } from "../scripts/default-model/drawn/bleeds.ts";
import { Canvas } from "../scripts/default-model/drawn/canvas.ts";
import type { Point } from "../scripts/default-model/drawn/canvas.ts";
import { straightSinus, transverseSinuses } from "../scripts/default-model/drawn/dura.ts";
import { enhancedHead } from "../scripts/default-model/drawn/enhanced.ts";
import { thicknessAt } from "../scripts/default-model/drawn/layers.ts";
import { drawLookAlikes } from "../scripts/default-model/drawn/look-alikes.ts";
import { boneTops } from "../scripts/default-model/drawn/skull-base.ts";
import { wideSulci } from "../scripts/default-model/drawn/sulci.ts";
import { surfaceVeins } from "../scripts/default-model/drawn/veins.ts";
import { backHorns, chambersOf, drawPlexus } from "../scripts/default-model/drawn/ventricles.ts";

const SIDE = 220;
const PIXEL_MM = 0.75;
const MIDDLE = SIDE / 2;
/** Outer radii of brain and skull, in pixels; two pools of fluid deep in the head stand for ventricles. */
const [BRAIN_RADIUS, SKULL_RADIUS] = [88, 98];
const [BRAIN_HU, FLUID_HU, BONE_HU, AIR_HU] = [34, 6, 900, -1000];

/** A round head. */
function head(): Grid {
  const values = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [(i % SIDE) - MIDDLE, Math.floor(i / SIDE) - MIDDLE];
    const radius = Math.hypot(x, y);
    const pool = Math.hypot((Math.abs(x) - 14) / 8, y / 26) < 1;
    values[i] = radius > SKULL_RADIUS ? AIR_HU : radius > BRAIN_RADIUS ? BONE_HU : pool ? FLUID_HU : BRAIN_HU;
  }
  return { rows: SIDE, columns: SIDE, values };
}

function canvasOf(image: Grid): Canvas {
  const canvas = Canvas.create(image, PIXEL_MM, 4000);
  if (!canvas) throw new Error("the head was not found");
  return canvas;
}

let image: Grid;
beforeAll(() => {
  image = head();
});

describe("Canvas", () => {
  it("refuses a slice without enough brain", () => {
    expect(Canvas.create({ ...image, values: image.values.map(() => AIR_HU) }, PIXEL_MM, 4000)).toBeNull();
  });

  it("measures depth from the bone, and leaves the slice it was given alone", () => {
    const before = image.values.slice();
    const canvas = canvasOf(image);
    const inner = MIDDLE * SIDE + MIDDLE + BRAIN_RADIUS - 20; // 20 pixels from the bone: 15 mm
    expect(canvas.depthMm[inner]).toBeGreaterThan(14);
    expect(canvas.depthMm[inner]).toBeLessThan(17);
    canvas.paint(
      () => 1,
      () => 70,
    );
    expect(image.values).toEqual(before);
  });

  it("paints to the value asked for, keeps the grain on it, and gives the area", () => {
    const grainy = {
      ...image,
      values: image.values.map((hu, i) => hu + (hu === BRAIN_HU ? (i % 2) * 4 - 2 : 0)),
    };
    const canvas = canvasOf(grainy);
    const [cx, cy] = canvas.centre;
    const at = (x: number, y: number): number => Math.hypot(x - cx, y - cy - 40);
    const mm2 = canvas.paint(
      (_i, x, y) => (at(x, y) < 10 ? 1 : 0),
      () => 70,
    );
    expect(mm2 / (Math.PI * 100)).toBeCloseTo(1, 1);
    const i = Math.round((cy + 40) / PIXEL_MM) * SIDE + Math.round(cx / PIXEL_MM);
    const [one = 0, other = 0] = [canvas.image.values[i], canvas.image.values[i + 1]];
    expect((one + other) / 2).toBeCloseTo(70, 0);
    expect(Math.abs(one - other)).toBeCloseTo(4, 0);
  });

  it("never paints on bone or air", () => {
    const canvas = canvasOf(image);
    canvas.paint(
      () => 1,
      () => 70,
    );
    canvas.image.values.forEach((hu, i) => {
      const before = image.values[i] ?? 0;
      if (before === BONE_HU || before === AIR_HU) expect(hu).toBe(before);
    });
  });
});

it("a layer is as thick as its profile says, and ends with its angle", () => {
  const canvas = canvasOf(image);
  const [cx, cy] = canvas.centre;
  const layer = { at: 0, reach: 1, thicknessMm: 8, profile: (t: number) => 1 - t * t };
  expect(thicknessAt(canvas, layer, cx + 50, cy)).toBeCloseTo(8, 9);
  expect(thicknessAt(canvas, layer, cx + 50 * Math.cos(0.5), cy - 50 * Math.sin(0.5))).toBeCloseTo(6, 9);
  expect(thicknessAt(canvas, layer, cx - 50, cy)).toBe(0);
});

/** Largest rise of a pixel over what was there. */
function largestRise(canvas: Canvas): number {
  let most = 0;
  canvas.image.values.forEach((hu, i) => {
    most = Math.max(most, hu - (image.values[i] ?? 0));
  });
  return most;
}

describe.each(Object.entries(BLEEDS))("a drawn bleed: %s", (kind, draw) => {
  it("is brighter than what it lies in by as much as blood is, and gives its area", () => {
    // Sulci of the round head are missing: blood of the fluid spaces has the pools only.
    const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
    const drawn = seeds.map((seed) => {
      const canvas = canvasOf(image);
      return { mm2: draw(canvas, new Random(seed)), rise: largestRise(canvas) };
    });
    const seen = drawn.filter(({ mm2 }) => mm2 >= 30);
    expect(seen.length, kind).toBeGreaterThanOrEqual(3);
    for (const { rise } of seen) {
      expect(rise, kind).toBeGreaterThan(8);
      expect(rise, kind).toBeLessThan(100);
    }
  });

  it("is the same for the same seed", () => {
    const [one, other] = [canvasOf(image), canvasOf(image)];
    expect(draw(one, new Random(5))).toBe(draw(other, new Random(5)));
    expect(one.image.values).toEqual(other.image.values);
  });
});

describe("look-alikes", () => {
  it("are the same for the same seed, and differ between seeds", () => {
    const values = [3, 3, 4].map((seed) => {
      const canvas = canvasOf(image);
      drawLookAlikes(canvas, new Random(seed), 0.2);
      return canvas.image.values;
    });
    expect(values[0]).toEqual(values[1]);
    expect(values[0]).not.toEqual(values[2]);
  });

  it("change nearly every slice, and leave some as they are", () => {
    // About one slice in 300 is left as it is: of the first few hundred seeds the last is one.
    const seeds = [...Array.from({ length: 119 }, (_, seed) => seed), 398];
    const changed = seeds.map((seed) => {
      const canvas = canvasOf(image);
      drawLookAlikes(canvas, new Random(seed), 0.2);
      return canvas.image.values.some((hu, i) => hu !== image.values[i]);
    });
    expect(changed.filter(Boolean).length).toBeGreaterThan(100);
    expect(changed.filter((is) => !is).length).toBeGreaterThan(0);
  });
});

/** The head without its pools. */
function solidHead(): Grid {
  return { ...image, values: image.values.map((hu) => (hu === FLUID_HU ? BRAIN_HU : hu)) };
}

/** Mean row of pixels. */
const meanRow = (pixels: readonly number[]): number =>
  pixels.reduce((sum, i) => sum + Math.floor(i / SIDE), 0) / pixels.length;

describe("ventricles", () => {
  it("are the pools deep in the head, and none where there are none", () => {
    expect(chambersOf(canvasOf(image))).toHaveLength(2);
    expect(chambersOf(canvasOf(solidHead()))).toHaveLength(0);
  });

  it("are there behind the middle once back horns were drawn", () => {
    const canvas = canvasOf(solidHead());
    backHorns(canvas, new Random(3));
    const chambers = chambersOf(canvas);
    expect(chambers.length).toBeGreaterThanOrEqual(1);
    for (const chamber of chambers) expect(meanRow(chamber) * PIXEL_MM).toBeGreaterThan(canvas.centre[1]);
  });

  it("bleed as a cast, or with a level that leaves their front dark", () => {
    const seen = Array.from({ length: 24 }, (_, n) => {
      const canvas = canvasOf(image);
      const [pool = []] = chambersOf(canvas);
      BLEEDS["intraventricular"]?.(canvas, new Random(n + 1));
      const quarter = pool.length >> 2;
      const bloody = (part: readonly number[]): number =>
        part.filter((i) => (canvas.image.values[i] ?? 0) - (image.values[i] ?? 0) > 4).length / part.length;
      return { front: bloody(pool.slice(0, quarter)), back: bloody(pool.slice(-quarter)) };
    });
    for (const { front, back } of seen) expect(back).toBeGreaterThanOrEqual(front);
    expect(seen.filter(({ front, back }) => front === 0 && back > 0.3).length).toBeGreaterThanOrEqual(4);
    expect(seen.filter(({ front }) => front > 0.9).length).toBeGreaterThanOrEqual(2);
  });

  it("have choroid plexus only where they are", () => {
    const [withPools, without] = [canvasOf(image), canvasOf(solidHead())];
    const before = without.image.values.slice();
    for (let seed = 0; seed < 5; seed++) {
      drawPlexus(withPools, new Random(seed), 100, 140);
      drawPlexus(without, new Random(seed), 100, 140);
    }
    expect(largestRise(withPools)).toBeGreaterThan(60);
    expect(without.image.values).toEqual(before);
  });
});

it("a level in a back horn fills the back of a horn that its setting drew, and nothing else", () => {
  const levels = Array.from({ length: 12 }, (_, seed) => {
    const canvas = canvasOf(solidHead());
    SETTINGS["hornLevel"]?.(canvas, new Random(seed));
    const before = canvas.image.values.slice();
    const mm2 = BLEEDS["hornLevel"]?.(canvas, new Random(seed)) ?? 0;
    const dark = [...before.keys()].filter((i) => canvas.inside.inside[i] === 1 && (before[i] ?? 0) < 20);
    const bled = dark.filter((i) => (canvas.image.values[i] ?? 0) - (before[i] ?? 0) > 15);
    const brighter = [...before.keys()].filter((i) => (canvas.image.values[i] ?? 0) - (before[i] ?? 0) > 20);
    return { mm2, dark, bled, brighter };
  });
  const seen = levels.filter(({ mm2 }) => mm2 > 0);
  expect(seen.length).toBeGreaterThanOrEqual(8);
  for (const { dark, bled, brighter } of seen) {
    expect(bled.length).toBeGreaterThan(0);
    expect(bled.length).toBeLessThan(dark.length);
    // What was fluid or its wall: blood on plain brain would rise by less than there.
    expect(bled.length / brighter.length).toBeGreaterThan(0.6);
  }
  const further = seen.filter(({ dark, bled }) => meanRow(bled) > meanRow(dark));
  expect(further.length / seen.length).toBeGreaterThan(0.9);
});

it("wide sulci are dark, near the surface, and all round", () => {
  const canvas = canvasOf(image);
  wideSulci(canvas, new Random(4));
  const [cx, cy] = canvas.centre;
  const dark = [...image.values.keys()].filter(
    (i) => image.values[i] === BRAIN_HU && (canvas.image.values[i] ?? 0) < 22,
  );
  expect(dark.length).toBeGreaterThan(100);
  const deepest = Math.max(...dark.map((i) => canvas.depthMm[i] ?? 0));
  expect(deepest).toBeLessThan(35);
  const quarters = new Set(
    dark.map((i) => `${(i % SIDE) * PIXEL_MM > cx} ${Math.floor(i / SIDE) * PIXEL_MM > cy}`),
  );
  expect(quarters.size).toBe(4);
});

it("a head with contrast has bright spots on both sides, under the skull and in fluid", () => {
  const canvas = canvasOf(image);
  const fluid = [...image.values.keys()].filter((i) => image.values[i] === FLUID_HU);
  enhancedHead(canvas, new Random(2));
  const bright = [...image.values.keys()].filter(
    (i) => (canvas.image.values[i] ?? 0) - (image.values[i] ?? 0) > 25,
  );
  const [cx] = canvas.centre;
  const right = bright.filter((i) => (i % SIDE) * PIXEL_MM > cx);
  expect(right.length / bright.length).toBeGreaterThan(0.2);
  expect(right.length / bright.length).toBeLessThan(0.8);
  expect(bright.some((i) => (canvas.depthMm[i] ?? 0) < 7)).toBe(true);
  const isBright = new Set(bright);
  expect(fluid.filter((i) => isBright.has(i)).length / fluid.length).toBeGreaterThan(
    bright.length / canvas.inside.inside.reduce((sum, is) => sum + is, 0),
  );
});

/** Connected areas that were made brighter than blood's darkest, in mm². */
function brightAreas(canvas: Canvas): number[][] {
  const inside = Uint8Array.from(canvas.image.values, (hu, i) =>
    image.values[i] !== BONE_HU && hu > 45 ? 1 : 0,
  );
  return components({ ...canvas.inside, inside });
}

it("veins of the surface are small spots under the skull or between the halves, some in dark clefts", () => {
  let clefts = 0;
  const spots = Array.from({ length: 20 }, (_, seed) => {
    const canvas = canvasOf(image);
    surfaceVeins(canvas, new Random(seed));
    clefts += image.values.some((hu, i) => hu === BRAIN_HU && (canvas.image.values[i] ?? 0) < 20) ? 1 : 0;
    const [cx] = canvas.centre;
    return brightAreas(canvas).map((area) => {
      const depth = Math.min(...area.map((i) => canvas.depthMm[i] ?? 0));
      const aside = Math.min(...area.map((i) => Math.abs((i % SIDE) * PIXEL_MM - cx)));
      return { mm2: area.length * PIXEL_MM ** 2, depth, aside };
    });
  }).flat();
  expect(spots.length).toBeGreaterThan(20);
  expect(Math.max(...spots.map(({ mm2 }) => mm2))).toBeLessThan(80);
  expect(spots.every(({ depth, aside }) => depth < 20 || aside < 5)).toBe(true);
  expect(clefts).toBeGreaterThan(8);
});

it("some veins lie amid fluid a few millimetres away", () => {
  const shares = Array.from({ length: 20 }, (_, seed) => {
    const canvas = canvasOf(image);
    surfaceVeins(canvas, new Random(seed));
    const darkAt = ([x, y]: Point): boolean =>
      (canvas.image.values[Math.round(y / PIXEL_MM) * SIDE + Math.round(x / PIXEL_MM)] ?? 0) < 28;
    return brightAreas(canvas).map((area) => {
      const mean = (of: (i: number) => number): number =>
        (PIXEL_MM * area.reduce((sum, i) => sum + of(i), 0)) / area.length;
      const [x, y] = [mean((i) => i % SIDE), mean((i) => Math.floor(i / SIDE))];
      const shareAt = (awayMm: number): number =>
        Array.from({ length: 24 }, (_v, k) => (Math.PI * k) / 12).filter((angle) =>
          darkAt([x + awayMm * Math.cos(angle), y + awayMm * Math.sin(angle)]),
        ).length / 24;
      return Math.max(...[6, 7, 8, 9].map(shareAt));
    });
  }).flat();
  const amid = shares.filter((share) => share > 0.4);
  expect(amid.length).toBeGreaterThan(shares.length / 6);
  expect(amid.length).toBeLessThan(shares.length / 2);
});

it("some veins are looked for where the slice has sulci of its own", () => {
  // A ring of fluid on the left of the head, around a spot 9 mm under the skull.
  const [x, y] = [MIDDLE - 76, MIDDLE];
  const withSulci = structuredClone(image);
  withSulci.values.forEach((hu, i) => {
    const away = Math.hypot((i % SIDE) - x, Math.floor(i / SIDE) - y) * PIXEL_MM;
    if (hu === BRAIN_HU && away > 5.5 && away < 8.5) withSulci.values[i] = FLUID_HU;
  });
  const nearIn = (of: Grid): number =>
    Array.from({ length: 40 }, (_, seed) => {
      const canvas = canvasOf(of);
      surfaceVeins(canvas, new Random(seed));
      return brightAreas(canvas).filter((area) =>
        area.some((i) => Math.hypot((i % SIDE) - x, Math.floor(i / SIDE) - y) * PIXEL_MM < 2),
      ).length;
    }).reduce((a, b) => a + b);
  expect(nearIn(withSulci)).toBeGreaterThan(3 * nearIn(image) + 3);
});

it("tops of bone are bright with soft edges, often a pair", () => {
  const heads = Array.from({ length: 20 }, (_, seed) => {
    const canvas = canvasOf(image);
    boneTops(canvas, new Random(seed));
    const [cx] = canvas.centre;
    const areas = brightAreas(canvas);
    const sides = new Set(areas.map((area) => ((area[0] ?? 0) % SIDE) * PIXEL_MM > cx));
    const soft = image.values.filter((hu, i) => {
      const now = canvas.image.values[i] ?? 0;
      return hu !== now && now > 40 && now < 60;
    });
    return { sides: sides.size, soft: soft.length };
  });
  expect(heads.filter(({ sides }) => sides === 2).length).toBeGreaterThan(4);
  expect(heads.filter(({ sides, soft }) => sides > 0 && soft === 0)).toHaveLength(0);
});

it("transverse sinuses lie under the skull at the back, the straight sinus on the midline", () => {
  const heads = Array.from({ length: 12 }, (_, seed) => {
    const transverse = canvasOf(image);
    transverseSinuses(transverse, new Random(seed));
    const straight = canvasOf(image);
    straightSinus(straight, new Random(seed));
    return { transverse: brightAreas(transverse).flat(), straight: brightAreas(straight).flat() };
  });
  const [cx, cy] = canvasOf(image).centre;
  const { depthMm } = canvasOf(image);
  const transverse = heads.flatMap((both) => both.transverse);
  expect(transverse.length).toBeGreaterThan(200);
  expect(transverse.every((i) => (depthMm[i] ?? 0) < 20)).toBe(true);
  expect(transverse.every((i) => Math.floor(i / SIDE) * PIXEL_MM > cy - 8)).toBe(true);
  const straight = heads.flatMap((both) => both.straight);
  expect(straight.length).toBeGreaterThan(200);
  expect(straight.every((i) => Math.abs((i % SIDE) * PIXEL_MM - cx) < 14)).toBe(true);
});
