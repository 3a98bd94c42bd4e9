/**
 * @file Where slices lie: the patient on the table, the gantry's tilt, and the rest under the head.
 *
 * Scanner coordinates are DICOM's patient coordinates (LPS, millimetres) with the origin at the isocentre.
 */
import type { ResolvedPhantomOptions } from "./options.ts";
import type { Plane } from "./raster.ts";
import { Random } from "./random.ts";
import { sheet } from "./shapes.ts";
import type { Point } from "./shapes.ts";

export interface Scanner {
  /** ImagePositionPatient of each slice, from the lowest. */
  readonly positionsMm: readonly Point[];
  readonly columnDirection: Point;
  /** Position along the slices' normal. */
  readonly alongMm: (index: number) => number;
  /** Slice `index`, `offsetMm` along its normal, its head moved by `shiftMm`, in head coordinates at half resolution. */
  readonly plane: (index: number, offsetMm: number, shiftMm: number) => Plane;
  readonly addHeadrest: (hu: Float32Array, index: number) => void;
}

/** Height of the top of the scalp over the orbitomeatal plane, for a head of scale 1, with some air over it. */
const TOP_MM = 140;
/** The head's middle, about which it is turned. */
const PIVOT: Point = [0, 4, 40];

export function createScanner(options: ResolvedPhantomOptions): Scanner {
  const { fieldOfViewMm, rows, sliceSpacingMm, headScale, offsetMm, lowestMm } = options;
  const tilt = (options.gantryTiltDeg * Math.PI) / 180;
  const columnDirection: Point = [0, Math.cos(tilt), -Math.sin(tilt)];
  const normal: Point = [0, Math.sin(tilt), Math.cos(tilt)];
  // Lines of a slice follow the skull base: the patient's nod is taken back by the tilt for the most part.
  const nod = (options.pitchDeg * Math.PI) / 180 - tilt * 0.75;
  const rotation = headFromScanner((options.yawDeg * Math.PI) / 180, (options.rollDeg * Math.PI) / 180, nod);
  const corner = -fieldOfViewMm / 2 + fieldOfViewMm / rows / 2;
  const lowest = (lowestMm - PIVOT[2]) * headScale[2];
  const count = Math.ceil(((TOP_MM - lowestMm) * headScale[2]) / sliceSpacingMm);
  const positionsMm = Array.from({ length: count }, (_, index): Point => {
    const table = lowest + index * sliceSpacingMm;
    return [corner, corner * columnDirection[1], table + corner * columnDirection[2]];
  });
  const toHead = (p: Point, shiftMm: number): Point => {
    const x = p[0] - offsetMm[0] - shiftMm;
    const y = p[1] - offsetMm[1] - shiftMm * 0.5;
    const z = p[2];
    const turned = turn(rotation, [x, y, z]);
    return [
      turned[0] / headScale[0] + PIVOT[0],
      turned[1] / headScale[1] + PIVOT[1],
      turned[2] / headScale[2] + PIVOT[2],
    ];
  };
  const along = (step: Point, pitch: number): Point => {
    const turned = turn(rotation, step);
    return [
      (turned[0] * pitch) / headScale[0],
      (turned[1] * pitch) / headScale[1],
      (turned[2] * pitch) / headScale[2],
    ];
  };
  const size = rows / 2;
  const pitch = fieldOfViewMm / size;
  return {
    positionsMm,
    columnDirection,
    alongMm: (index) => {
      const p = positionsMm[index] ?? [0, 0, 0];
      return p[0] * normal[0] + p[1] * normal[1] + p[2] * normal[2];
    },
    plane: (index, offsetAlongMm, shiftMm) => {
      const p = positionsMm[index];
      if (p === undefined) throw new RangeError(`slice index must be in 0…${count - 1}, got ${index}`);
      const quarter = pitch / 4;
      const at: Point = [
        p[0] + quarter + offsetAlongMm * normal[0],
        p[1] + quarter * columnDirection[1] + offsetAlongMm * normal[1],
        p[2] + quarter * columnDirection[2] + offsetAlongMm * normal[2],
      ];
      return {
        size,
        origin: toHead(at, shiftMm),
        u: along([1, 0, 0], pitch),
        v: along(columnDirection, pitch),
      };
    },
    addHeadrest: headrest(options, size, pitch),
  };
}

/** Rows of the rotation that takes scanner directions to head directions. */
function headFromScanner(yaw: number, roll: number, nod: number): readonly [Point, Point, Point] {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)];
  const [cn, sn] = [Math.cos(nod), Math.sin(nod)];
  // Nod about x, then roll about y, then yaw about z.
  return [
    [cy * cr, sy * cn + cy * sr * sn, sy * sn - cy * sr * cn],
    [-sy * cr, cy * cn - sy * sr * sn, cy * sn + sy * sr * cn],
    [sr, -cr * sn, cr * cn],
  ];
}

function turn([a, b, c]: readonly [Point, Point, Point], [x, y, z]: Point): Point {
  return [a[0] * x + a[1] * y + a[2] * z, b[0] * x + b[1] * y + b[2] * z, c[0] * x + c[1] * y + c[2] * z];
}

/** A carbon shell open to the front, foam in it, standing still while the head lies in it. */
function headrest(options: ResolvedPhantomOptions, size: number, pitch: number): Scanner["addHeadrest"] {
  const random = new Random(options.seed).fork(77);
  const half = options.fieldOfViewMm / 2;
  const width = random.uniform(0.82, 0.97) * half;
  const depth = random.uniform(0.9, 1.02) * half;
  const power = random.uniform(2, 3.4);
  const startY = random.uniform(-0.2, 0.55) * half;
  const shellHu = random.uniform(-350, 150);
  const foamHu = random.uniform(-985, -930);
  const wall = random.uniform(1, 2);
  const present = random.chance(0.85);
  const from = random.uniform(-80, 10);
  return (hu, index) => {
    if (!present || index * options.sliceSpacingMm + options.lowestMm < from) return;
    for (let row = 0; row < size; row++) {
      const y = (row + 0.5) * pitch - half;
      if (y < startY) continue;
      for (let column = 0; column < size; column++) {
        const i = row * size + column;
        if ((hu[i] as number) > -700) continue;
        const x = (column + 0.5) * pitch - half;
        const norm =
          ((Math.abs(x) / width) ** power + (Math.abs(Math.max(0, y)) / depth) ** power) ** (1 / power);
        const d = (norm - 1) * half;
        if (d > 4) continue;
        const shell = sheet(d, wall, pitch);
        const base = d < 0 && y > 0.45 * half ? Math.max(hu[i] as number, foamHu) : (hu[i] as number);
        hu[i] = base + shell * (shellHu - base);
      }
    }
  };
}
