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
import type { SaliencyMethod } from "../model/compile.ts";
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

/**
 * Methods whose map of a class comes from the same run as its score, for any network. Of the others some need hundreds
 * of runs, some show something for every image, and Grad-CAM++ and XGrad-CAM are derived for feature maps that are
 * never negative: where they are (HardSwish), these two point elsewhere.
 */
export const COMPILED_METHODS: readonly SaliencyMethod[] = [hiResCam, gradCam, layerCam, elementWise];

export const METHOD_NAMES: readonly string[] = METHODS.map(({ name }) => name);

/** @throws RangeError listing the methods there are */
export function findMethod(name: string): Method {
  const found = METHODS.find((method) => method.name === name);
  if (found) return found;
  throw new RangeError(`there is no method "${name}"; the methods are ${METHOD_NAMES.join(", ")}`);
}
