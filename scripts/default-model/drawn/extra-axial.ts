/**
 * @file Blood outside the brain: a crescent under the dura or along the falx, a lens outside the dura.
 */
import { createNoise } from "../../../src/phantom/noise.ts";
import { smoothStep } from "../../../src/phantom/shapes.ts";
import { bloodHu } from "./blood.ts";
import type { Draw } from "./blood.ts";
import { convexDirection, crescent, drawLayer, lens } from "./layers.ts";

const acuteSubdural: Draw = (canvas, random) => drawLayer(canvas, random, crescent(random), bloodHu(random));

/** A subdural that is as dense as brain, its inner membrane bright. */
const membranedSubdural: Draw = (canvas, random) => {
  const shape = crescent(random);
  const body = random.uniform(34, 48);
  const seed = random.next();
  const membrane = random.uniform(52, 70);
  const widthMm = random.uniform(1.2, 2.2);
  const outer = drawLayer(canvas, random.fork(seed), shape, () => membrane);
  drawLayer(canvas, random.fork(seed), { ...shape, thicknessMm: shape.thicknessMm - widthMm }, () => body);
  return outer;
};

/** Blood of one side of the falx, in front, behind, or all along it. */
const falxSubdural: Draw = (canvas, random) => {
  const [cx, cy] = canvas.centre;
  const lean = random.around(0, 0.05);
  const side = random.side();
  const thicknessMm = random.uniform(2.5, 7);
  const [, top, , bottom] = canvas.box;
  const front = random.chance(0.4);
  const fromY = front ? top : cy + random.uniform(5, 20);
  const toY = front ? cy - random.uniform(5, 20) : bottom;
  const uneven = createNoise(random.next(), 20);
  return canvas.paint((_i, x, y) => {
    const off = (x - cx - lean * (y - cy)) * side;
    const here = smoothStep(fromY - 3, fromY + 3, y) * smoothStep(toY + 3, toY - 3, y);
    const half = thicknessMm * (1 + 0.6 * uneven(x, y, 0));
    return here * smoothStep(-1.5, -0.5, off) * smoothStep(half + 0.5, half - 0.5, off);
  }, bloodHu(random));
};

export const subdural: Draw = (canvas, random) =>
  random.pick([acuteSubdural, acuteSubdural, acuteSubdural, membranedSubdural, falxSubdural])(canvas, random);

export const epidural: Draw = (canvas, random) => {
  const reach = random.logUniform(0.16, 0.6);
  const shape = lens({
    at: random.chance(0.65) ? convexDirection(random) : random.uniform(-Math.PI, Math.PI),
    reach,
    thicknessMm: reach * random.uniform(18, 34),
  });
  return drawLayer(canvas, random, shape, bloodHu(random, 55, 85));
};
