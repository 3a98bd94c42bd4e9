/**
 * @file A study that is not a head: a few slices of a chest-like phantom, for a worklist that must say so.
 */
import { AIR_HU } from "../domain/slice.ts";
import { axialInstance } from "./dicom.ts";
import type { AxialSeries, PhantomIdentity, StudyShape } from "./dicom.ts";
import { createNoise } from "./noise.ts";
import { uidFrom } from "./part10.ts";
import { grain } from "./physics.ts";
import { Random } from "./random.ts";
import { ellipsoid, inside, rod } from "./shapes.ts";
import type { Shape } from "./shapes.ts";

const ROWS = 512;
const FIELD_MM = 380;
const SPACING_MM = 8;

/** An axial chest series of `count` slices. */
export function chestToDicom(
  seed: number,
  identity: PhantomIdentity,
  ageYears: number,
  count = 24,
): Uint8Array[] {
  const random = new Random(seed);
  const bend = createNoise(random.next(), 60);
  const vesselNoise = createNoise(random.next(), 16);
  const parts: readonly (readonly [Shape, (x: number, y: number, z: number) => number])[] = [
    [ellipsoid([0, 0, 0], [165, 112, 900]), () => -95],
    [ellipsoid([0, 0, 0], [150, 98, 900]), () => 52],
    [ellipsoid([72, -2, 0], [56, 80, 140]), (x, y, z) => (vesselNoise(x, y, z) > 0.36 ? 30 : -860)],
    [ellipsoid([-74, -2, 0], [58, 80, 140]), (x, y, z) => (vesselNoise(x, y, z) > 0.36 ? 30 : -860)],
    [ellipsoid([18, -28, -40], [56, 46, 70]), () => 42],
    [rod([22, 40, -120], [18, 44, 120], 13), () => 44],
    [rod([0, 66, -120], [0, 66, 120], 19), () => 320],
    [rod([0, 84, -120], [0, 84, 120], 8), () => 25],
    ...[-1, 1].flatMap((side) =>
      [-96, -64, -32, 0, 32, 64, 96].map((z): [Shape, () => number] => [
        rod([side * 40, 80, z + 20], [side * 138, 20, z - 10], 6),
        () => 650,
      ]),
    ),
  ];
  const shape: StudyShape = { key: `chest ${seed}`, ageYears };
  const series: AxialSeries = {
    seriesNumber: 2,
    description: "Chest 5 mm",
    bodyPart: "CHEST",
    kernel: "STANDARD",
    gantryTiltDeg: 0,
    fieldOfViewMm: FIELD_MM,
    thicknessMm: 5,
    orientation: [1, 0, 0, 0, 1, 0],
    unsigned: false,
  };
  const pitch = FIELD_MM / ROWS;
  const corner = -FIELD_MM / 2 + pitch / 2;
  return Array.from({ length: count }, (_, index) => {
    const z = (index - count / 2) * SPACING_MM;
    const noise = grain(ROWS, 1.1, random.fork(index));
    const hu = new Int16Array(ROWS * ROWS);
    for (let i = 0; i < hu.length; i++) {
      const px = corner + (i % ROWS) * pitch;
      const py = corner + Math.floor(i / ROWS) * pitch;
      let value = -1000;
      if ((px * px) / 28900 + (py * py) / 14400 < 1) {
        const x = px + 6 * bend(px, py, z);
        const y = py + 6 * bend(py, px, z);
        for (const [part, material] of parts) {
          const cover = inside(part.distance(x, y, z), pitch);
          if (cover > 0) value += cover * (material(x, y, z) - value);
        }
      }
      hu[i] = Math.max(AIR_HU, Math.round(value + 11 * (noise[i] ?? 0)));
    }
    const image = {
      hu,
      rows: ROWS,
      columns: ROWS,
      spacingMm: [pitch, pitch] as const,
      position: [corner, corner, z],
      locationMm: z,
      sopInstanceUid: uidFrom(`chest ${seed} slice ${index}`),
    };
    return axialInstance(shape, identity, series, image, index + 1);
  });
}
