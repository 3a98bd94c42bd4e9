/** @file Every operator's shape and gradient; the cases stand by family in `test-cases/`. */
import { describe, it } from "vitest";

import { expectRightGradients } from "./test-cases/case.ts";
import type { GradientCase } from "./test-cases/case.ts";
import { ACTIVATION_CASES, ARITHMETIC_CASES } from "./test-cases/functions.ts";
import { LAYOUT_CASES, PAD_CASES, PIECE_CASES, RESIZE_CASES } from "./test-cases/layouts.ts";
import { MATRIX_CASES, NORMALIZATION_CASES, REDUCTION_CASES } from "./test-cases/matrices.ts";

const FAMILIES: Readonly<Record<string, readonly GradientCase[]>> = {
  activations: ACTIVATION_CASES,
  arithmetic: ARITHMETIC_CASES,
  layout: LAYOUT_CASES,
  pieces: PIECE_CASES,
  Pad: PAD_CASES,
  Resize: RESIZE_CASES,
  matrices: MATRIX_CASES,
  reductions: REDUCTION_CASES,
  normalizations: NORMALIZATION_CASES,
};

describe.each(Object.entries(FAMILIES))("gradients of %s", (_family, cases) => {
  it.each(cases.map((testCase) => [testCase.name, testCase] as const))("%s", async (_name, testCase) => {
    await expectRightGradients(testCase);
  });
});
