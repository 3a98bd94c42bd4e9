/**
 * @file Whether an image may show its patient's name in the pixels: what its header says of itself.
 */
import type { DataSet } from "../dataset.ts";
import type { InstanceHeader } from "../instance.ts";

const BURNED_IN_ANNOTATION = 0x00280301;
const CONVERSION_TYPE = 0x00080064;
const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";
/** Modalities whose machines write into the picture, or whose pictures come from paper or cameras. */
const WRITING_MODALITIES: ReadonlySet<string> = new Set(["US", "XC", "OT", "SC", "DOC", "ES", "GM"]);

/** Reasons in plain words; none when nothing says so. */
export function burnedInRisks(dataSet: DataSet, header: InstanceHeader): string[] {
  const risks: string[] = [];
  if (dataSet.string(BURNED_IN_ANNOTATION).toUpperCase() === "YES") risks.push("BurnedInAnnotation is YES");
  if (header.sopClassUid === SECONDARY_CAPTURE || header.sopClassUid.startsWith(`${SECONDARY_CAPTURE}.`))
    risks.push("a secondary capture");
  else if (dataSet.string(CONVERSION_TYPE) !== "") risks.push("converted from a screen, film or paper");
  if (header.imageType.includes("SECONDARY")) risks.push("ImageType is SECONDARY");
  if (WRITING_MODALITIES.has(header.modality))
    risks.push(`modality ${header.modality} writes into its pictures`);
  if (header.samplesPerPixel > 1) risks.push("a colour image");
  return risks;
}
