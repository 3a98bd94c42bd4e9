import { expect, it } from "vitest";

import { kernelClass } from "./kernel.ts";

// The vendors' own names: which kernel is meant for brain and which for bone.
it.each([
  ["H31s", "", "soft"],
  ["J40s\\2", "", "soft"],
  ["Hr40f", "", "soft"],
  ["H60s", "", "sharp"],
  ["Hr64f\\3", "", "sharp"],
  ["B70f", "", "sharp"],
  ["STANDARD", "", "soft"],
  ["STD+", "", "soft"],
  ["SOFT", "", "soft"],
  ["BONE", "", "sharp"],
  ["BONEPLUS", "", "sharp"],
  ["EDGE", "", "sharp"],
  ["UA", "", "soft"],
  ["UB", "", "soft"],
  ["UC", "", "unknown"],
  ["D", "", "sharp"],
  ["YE", "", "sharp"],
  ["FC21", "", "soft"],
  ["FC68", "", "soft"],
  ["FC30", "", "sharp"],
  ["FC52", "", "sharp"],
  ["FC81", "", "sharp"],
  ["", "Brain 5mm", "soft"],
  ["", "Head Bone", "sharp"],
  ["", "KNOCHEN 1.0", "sharp"],
  ["", "Head 5mm", "unknown"],
  ["H31s", "Bone", "soft"], // the kernel's own name goes before the description
  ["", "", "unknown"],
])("kernel %j of %j is %s", (kernel, description, expected) => {
  expect(kernelClass(kernel, description)).toBe(expected);
});
