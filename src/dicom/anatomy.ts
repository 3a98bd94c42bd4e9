/**
 * @file Which part of the body a series shows, by what its header says in words and by the size of its field.
 */
import type { InstanceHeader } from "./instance.ts";

const HEAD =
  /head|brain|skull|cran[ei]|cerebr|kopf|sch(ä|ae)del|hirn|t[eê]te|crâne|cabeza|cr[aá]neo|testa\b|encephal|stroke|neuro/i;
const OTHER =
  /chest|thora|lung|abd|pelv|spine|\b[ctl][- ]?sp|lumb|cerv|neck|hals|heart|cardiac|coron|aort|liver|kidney|renal|urogram|kub|colon|hip\b|knee|shoulder|elbow|wrist|hand\b|foot|ankle|femur|tibia|extrem|leg\b|arm\b|breast/i;
/** Parts of the head examined in bone detail, where little or no brain is shown. */
const PART_OF_HEAD =
  /sinus|\bfac(e|ial)\b|\borbits?\b|\biac\b|mastoid|temporal bone|petrous|mandib|maxill|dental|\btmj\b|sella|inner ear/i;

export type Anatomy =
  | { readonly region: "head" | "unknown" }
  /** `says` quotes the attribute: `BodyPartExamined "CHEST"`. */
  | { readonly region: "part of the head" | "elsewhere"; readonly says: string };

/**
 * The most specific attribute that names a region decides; one that names both the head and another
 * region ("head and neck") counts as head. Absence says nothing: many anonymised files name no region at all.
 */
export function anatomyOf(header: InstanceHeader): Anatomy {
  const words: readonly (readonly [string, string])[] = [
    ["SeriesDescription", header.seriesDescription],
    ["BodyPartExamined", header.bodyPart],
    ["ProtocolName", header.protocolName],
    ["StudyDescription", header.description],
  ];
  for (const [name, text] of words) {
    const says = `${name} "${text}"`;
    if (HEAD.test(text)) return { region: "head" };
    if (PART_OF_HEAD.test(text)) return { region: "part of the head", says };
    if (OTHER.test(text)) return { region: "elsewhere", says };
  }
  return { region: "unknown" };
}

/** The wider side of the image, in millimetres; null without PixelSpacing. */
export function fieldOfViewMm({ rows, columns, pixelSpacingMm }: InstanceHeader): number | null {
  if (pixelSpacingMm === null) return null;
  return Math.max(rows * pixelSpacingMm[0], columns * pixelSpacingMm[1]);
}
