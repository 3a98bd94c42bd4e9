/**
 * @file The map of a scored slice by another method than the model's own.
 */
import type { Saliency } from "../../domain/finding.ts";
import { findSaliency, findStudy, listSliceSources } from "../../store/studies.ts";
import { HttpError, notFound } from "../errors.ts";
import type { AppContext } from "./app.ts";

export interface SaliencyBy {
  readonly saliency: Saliency;
  readonly referencePeak: number | null;
}

/**
 * The raw peak that gets full colour, so that the most suspicious slice is as strong as in the model's own map: what
 * shows nothing there shows nothing here.
 */
function referenceOf(made: number, own: number, ownReference: number | null): number | null {
  if (ownReference === null) return made > 0 ? made : null;
  return made > 0 && own > 0 ? (ownReference * made) / own : ownReference;
}

/** @throws HttpError 404 without such a slice or method, 409 when another model made the finding */
export async function saliencyBy(
  { db, scorer }: AppContext,
  method: string,
  studyInstanceUid: string,
  index: number,
): Promise<SaliencyBy> {
  const active = scorer();
  const [study, sources] = await Promise.all([
    findStudy(db, studyInstanceUid, []),
    listSliceSources(db, studyInstanceUid),
  ]);
  const finding = study?.item.finding;
  const slice = sources[index];
  if (!finding || !slice) throw notFound(`The saliency of slice ${index}`);
  const { name, version } = active?.model ?? {};
  if (!active || finding.model.name !== name || finding.model.version !== version) {
    throw new HttpError(
      409,
      "another-model",
      `Other maps are made by ${finding.model.name} ${finding.model.version}, which made the finding and does not score now.`,
    );
  }
  if (!active.saliencyMethods.includes(method)) {
    throw new HttpError(
      404,
      "unknown-method",
      `There is no map by "${method.slice(0, 40)}" here; there are ${active.saliencyMethods.join(", ")}.`,
    );
  }
  if (method === active.saliencyMethod) {
    const saliency = await findSaliency(db, studyInstanceUid, index);
    if (!saliency) throw notFound(`The saliency of slice ${index}`);
    return { saliency, referencePeak: active.saliencyReferencePeak };
  }
  const peakSlice = sources[finding.peakSliceIndex] ?? slice;
  const [own, made] = await Promise.all([
    findSaliency(db, studyInstanceUid, finding.peakSliceIndex),
    active.map({
      method,
      objectKeys: [...new Set(sources.map(({ objectKey }) => objectKey))],
      ...{ slice, peakSlice },
    }),
  ]);
  const referencePeak = referenceOf(made.peakSlicePeak, own?.peak ?? 0, active.saliencyReferencePeak);
  return { saliency: made.saliency, referencePeak };
}
