/**
 * @file Every method by its name, the quick ones first. A new method is a file beside this one and a line here.
 */
import { ablationCam } from "./ablation-cam.ts";
import { eigenCam } from "./eigen-cam.ts";
import { eigenGradCam } from "./eigen-grad-cam.ts";
import { elementWise } from "./element-wise.ts";
import { fullGrad } from "./full-grad.ts";
import { gradCamPlusPlus } from "./grad-cam-plus-plus.ts";
import { gradCam } from "./grad-cam.ts";
import { hiResCam } from "./hires-cam.ts";
import { integratedGradients } from "./integrated-gradients.ts";
import { layerCam } from "./layer-cam.ts";
import type { Method } from "./method.ts";
import { occlusion } from "./occlusion.ts";
import { scoreCam } from "./score-cam.ts";
import { xGradCam } from "./xgrad-cam.ts";

export const METHODS: readonly Method[] = [
  gradCam,
  gradCamPlusPlus,
  hiResCam,
  xGradCam,
  layerCam,
  elementWise,
  eigenCam,
  eigenGradCam,
  fullGrad,
  integratedGradients,
  ablationCam,
  scoreCam,
  occlusion,
];

export const METHOD_NAMES: readonly string[] = METHODS.map(({ name }) => name);

/** @throws RangeError listing the methods there are */
export function findMethod(name: string): Method {
  const found = METHODS.find((method) => method.name === name);
  if (found) return found;
  throw new RangeError(`there is no method "${name}"; the methods are ${METHOD_NAMES.join(", ")}`);
}
