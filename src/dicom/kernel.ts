/**
 * @file Reconstruction kernels: is a series smooth, for brain, or sharp, for bone?
 *
 * ConvolutionKernel (0018,1210) has no standard terms. The patterns are the vendors': Siemens numbers its kernels
 * by sharpness (50 and more is bone), Canon's FC30–59 and FC80–89 are bone, inner ear and lung, GE and Philips
 * use words and letters.
 */
export type KernelClass = "soft" | "unknown" | "sharp";

const SHARP_WORDS =
  /\b(bone|bones|boneplus|bone\+|osseous|knochen|hueso|osso|os|sharp|edge|lung|detail|inner ?ear|ultra ?high)\b/i;
const SOFT_WORDS =
  /\b(brain|soft|smooth|standard|std\+?|stnd|stand|cerebrum|weichteil|parenchym\w*)(?![a-z])/i;

function vendorClass(kernel: string): KernelClass {
  const siemens = /^(?:[A-Z]{1,2})(\d\d)[a-z]?$/i.exec(kernel);
  const canon = /^FC(\d\d)/i.exec(kernel);
  if (canon !== null) {
    const number = Number(canon[1]);
    return (number >= 30 && number < 60) || (number >= 80 && number < 90) ? "sharp" : "soft";
  }
  if (siemens !== null) return Number(siemens[1]) >= 50 ? "sharp" : "soft";
  // Philips: U and Y families and the plain letters, from A (smooth) to E (sharp); C stands between.
  const philips = /^[UYE]?([A-E])$/.exec(kernel);
  if (philips !== null)
    return "AB".includes(philips[1] ?? "") ? "soft" : philips[1] === "C" ? "unknown" : "sharp";
  return "unknown";
}

/**
 * Smooth or sharp, by the kernel's name first and by the series' description where that says nothing.
 *
 * @param convolutionKernel all values, separated by `\`
 */
export function kernelClass(convolutionKernel: string, seriesDescription: string): KernelClass {
  const kernel = convolutionKernel.split("\\")[0]?.trim() ?? "";
  for (const text of [kernel, seriesDescription]) {
    if (SHARP_WORDS.test(text)) return "sharp";
    const vendor = text === kernel ? vendorClass(kernel) : "unknown";
    if (vendor !== "unknown") return vendor;
    if (SOFT_WORDS.test(text)) return "soft";
  }
  return "unknown";
}
