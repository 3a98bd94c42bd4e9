/** @file Every operator with a rule. A new family is a file beside this one and a line here. */
import { activationRules } from "./activation.ts";
import { arithmeticRules } from "./arithmetic.ts";
import { convolutionRules } from "./convolution.ts";
import { layoutRules } from "./layout.ts";
import { matrixRules } from "./matmul.ts";
import { normalizationRules } from "./normalization.ts";
import { poolingRules } from "./pooling.ts";
import { reductionRules } from "./reduce.ts";
import type { OperatorRules } from "./rule.ts";
import { softmaxRules } from "./softmax.ts";

export const OPERATOR_RULES: OperatorRules = {
  ...activationRules,
  ...arithmeticRules,
  ...convolutionRules,
  ...layoutRules,
  ...matrixRules,
  ...normalizationRules,
  ...poolingRules,
  ...reductionRules,
  ...softmaxRules,
};
