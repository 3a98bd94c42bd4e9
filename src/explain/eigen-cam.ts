/**
 * @file Eigen-CAM (Bany Muhammad and Yeasin 2020, arXiv 2008.00299): the first principal component of the feature
 * maps. Knows no target: it shows what the layer sees most of, whatever the class.
 */
import { camMethod } from "./cam-method.ts";

export const eigenCam = camMethod("eigen-cam", ({ maps }) => maps, { usesGradients: false, principal: true });
