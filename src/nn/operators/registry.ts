/** @file Every operator with a rule. A new family is a file beside this one and a line here. */
import { activationRules } from "./activation.ts";
import { arithmeticRules } from "./arithmetic.ts";
import { clippingRules } from "./clipping.ts";
import { convolutionRules } from "./convolution.ts";
import { depthSpaceRules } from "./depth-space.ts";
import { functionRules } from "./function.ts";
import { geluRules } from "./gelu.ts";
import { layoutRules } from "./layout.ts";
import { matrixRules } from "./matmul.ts";
import { normalizationRules } from "./normalization.ts";
import { padRules } from "./pad.ts";
import { pieceRules } from "./pieces.ts";
import { poolingRules } from "./pooling.ts";
import { reductionRules } from "./reduce.ts";
import { resizeRules } from "./resize.ts";
import type { OperatorRules } from "./rule.ts";
import { shapeValueRules } from "./shape-values.ts";
import { softmaxRules } from "./softmax.ts";
import { standardiseRules } from "./standardise.ts";

export const OPERATOR_RULES: OperatorRules = {
  ...activationRules,
  ...arithmeticRules,
  ...clippingRules,
  ...convolutionRules,
  ...depthSpaceRules,
  ...functionRules,
  ...geluRules,
  ...layoutRules,
  ...matrixRules,
  ...normalizationRules,
  ...padRules,
  ...pieceRules,
  ...poolingRules,
  ...reductionRules,
  ...resizeRules,
  ...shapeValueRules,
  ...softmaxRules,
  ...standardiseRules,
};
