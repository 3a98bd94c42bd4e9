/**
 * @file What single maps of a method at a layer are worth, image by image.
 */
import type { Mask } from "../imaging/morphology.ts";
import { normal, seededRandom } from "../model/train/random.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { Explainer, onImage } from "./explainer.ts";
import type { ExplainerOptions } from "./explainer.ts";
import { confidenceChange, insertionAndDeletion, roadCombined } from "./metrics/faithfulness.ts";
import { enclosedBy, energyInside, grown, overlapAt, pointsInside } from "./metrics/localisation.ts";
import { withShuffledWeights } from "./metrics/randomised.ts";
import type { Method } from "./method.ts";
import { Network } from "./network.ts";
import { pearson } from "./pearson.ts";
import { probabilityTarget } from "./target.ts";
import type { Target } from "./target.ts";

/** A hit of the pointing game may lie this far outside the outline: about a reader's finger. */
export const TOLERANCE_MM = 5;
/** Thresholds of the overlap, as shares of a map's peak. */
export const THRESHOLDS = Array.from({ length: 18 }, (_, i) => (i + 1) / 20);

/** An image to judge a map on. */
export interface Sample {
  readonly name: string;
  /** Whose it is: intervals are by patient. */
  readonly group: string;
  /** `[1, channels, rows, columns]`, normalised. */
  readonly image: FloatTensor;
  /** What is drawn on the image's pixels; null where nothing is. */
  readonly mask: Mask | null;
  /** The finding, where `mask` is not it but lies round it; null where it is. */
  readonly finding: Mask | null;
  readonly pixelMm: number;
}

/** What one map is worth. Localisation is null where nothing is drawn, faithfulness where it was not measured. */
export interface Judged {
  readonly group: string;
  /** Whether the network finds the class on the image at all. */
  readonly isFound: boolean;
  /** Whether the map points at the finding. */
  readonly hit: boolean | null;
  /** As `hit`, of what is drawn, where that is not the finding. */
  readonly hitDrawn: boolean | null;
  /** As `hit`, of what is drawn and what it encloses (its convex hull), where that is not the finding. */
  readonly hitEnclosed: boolean | null;
  readonly energy: number | null;
  /** One a threshold. */
  readonly dice: readonly number[];
  readonly iou: readonly number[];
  readonly road: number | null;
  readonly confidence: number | null;
  readonly insertion: number | null;
  readonly deletion: number | null;
  readonly sanity: number | null;
}

export interface Combination {
  readonly method: Method;
  /** `auto`, or a layer's name. */
  readonly layer: string;
}

export interface JudgeOptions {
  readonly target: Target;
  /** The class that faithfulness is measured on, by its place in the logits. */
  readonly classIndex: number;
  /** Whether logits `[classes]` say that the class is there. */
  readonly isFound: (logits: Float32Array) => boolean;
  readonly baseline: readonly number[];
  /** Of so many of the samples faithfulness and sanity are measured, spread evenly: they cost many runs. */
  readonly faithfulness: number;
  readonly seed: number;
  readonly onSample?: (done: number, total: number) => void;
}

/** Maps of one method at one layer, judged. */
export interface Judgement {
  readonly method: string;
  readonly layer: string;
  readonly judged: readonly Judged[];
  /** All maps together. */
  readonly mapMs: number;
}

type Located = Pick<Judged, "hit" | "hitDrawn" | "hitEnclosed" | "energy" | "dice" | "iou">;
type Faithful = Pick<Judged, "road" | "confidence" | "insertion" | "deletion" | "sanity">;

const UNMEASURED: Faithful = { road: null, confidence: null, insertion: null, deletion: null, sanity: null };

function locate(field: Float32Array, { mask, finding, pixelMm }: Sample): Located {
  if (!mask) return { hit: null, hitDrawn: null, hitEnclosed: null, energy: null, dice: [], iou: [] };
  const isHit = (of: Mask): boolean => pointsInside(field, grown(of, TOLERANCE_MM / pixelMm));
  const place = finding ?? mask;
  const overlaps = THRESHOLDS.map((threshold) => overlapAt(field, place, threshold));
  return {
    hit: isHit(place),
    hitDrawn: finding ? isHit(mask) : null,
    hitEnclosed: finding ? isHit(enclosedBy(mask)) : null,
    energy: energyInside(field, place),
    dice: overlaps.map(({ dice }) => dice),
    iou: overlaps.map(({ iou }) => iou),
  };
}

/** The same for the network with shuffled weights. */
async function openShuffled(network: Network, opening: ExplainerOptions, seed: number): Promise<Explainer> {
  const { logits, session } = network;
  const other = await Network.open(withShuffledWeights(network.model, seed), { logits, session });
  return Explainer.open(other, opening);
}

/** Judge the maps of one method at one layer. */
export async function judge(
  network: Network,
  samples: readonly Sample[],
  { method, layer }: Combination,
  options: JudgeOptions,
): Promise<Judgement> {
  const { target, baseline, seed, classIndex } = options;
  const opening = { method, target, layers: layer.split("+"), baseline };
  const explainer = await Explainer.open(network, opening);
  const probability = await network.scorer(probabilityTarget(classIndex));
  const shuffled = options.faithfulness > 0 ? await openShuffled(network, opening, seed) : null;
  const every = Math.max(1, Math.ceil(samples.length / Math.max(1, options.faithfulness)));
  const judged: Judged[] = [];
  let mapMs = 0;
  try {
    for (const [index, sample] of samples.entries()) {
      const { image, group } = sample;
      const startedMs = performance.now();
      const [explanation] = await explainer.explain(image);
      mapMs += performance.now() - startedMs;
      if (!explanation) continue;
      const { logits, saliency } = explanation;
      const [, , rows = 0, columns = 0] = image.shape;
      const field = onImage(saliency, rows, columns);
      const measure = async (): Promise<Faithful> => {
        const score = (images: FloatTensor) => probability.scores(images, logits);
        const random = seededRandom(seed + index);
        const [other] = (await shuffled?.explain(image)) ?? [];
        return {
          road: await roadCombined(image, field, score, () => normal(random)),
          confidence: await confidenceChange(image, field, score),
          ...(await insertionAndDeletion(image, field, score, baseline)),
          sanity: other ? pearson(field, onImage(other.saliency, rows, columns)) : null,
        };
      };
      const isMeasured = options.faithfulness > 0 && index % every === 0;
      judged.push({
        ...{ group, isFound: options.isFound(logits) },
        ...locate(field, sample),
        ...(isMeasured ? await measure() : UNMEASURED),
      });
      options.onSample?.(index + 1, samples.length);
    }
  } finally {
    await explainer.dispose();
    await shuffled?.dispose();
    await probability.dispose();
  }
  const layers = explainer.layers.map(({ name }) => name).join(", ");
  return { method: method.name, layer: layers, judged, mapMs };
}
