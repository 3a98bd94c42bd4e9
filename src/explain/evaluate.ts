/**
 * @file What a method's maps at a layer are worth: figures over images, some with their finding outlined.
 */
import type { Mask } from "../imaging/morphology.ts";
import { bootstrapByGroup, proportion } from "../model/metrics.ts";
import type { Estimate } from "../model/metrics.ts";
import { normal, seededRandom } from "../model/train/random.ts";
import type { FloatTensor } from "../nn/tensor.ts";
import { Explainer, onImage } from "./explainer.ts";
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
  /** Where the finding is, on the image's pixels; null where it is not outlined. */
  readonly mask: Mask | null;
  readonly pixelMm: number;
}

/** What one map is worth. Localisation is null where the finding is not outlined. */
interface Judged {
  readonly group: string;
  readonly hit: boolean | null;
  /** As `hit`, of the mask and what it encloses (its convex hull). */
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

export interface EvaluateOptions {
  readonly target: Target;
  /** The class that faithfulness is measured on, by its place in the logits. */
  readonly classIndex: number;
  readonly baseline: readonly number[];
  /** Of so many of the samples faithfulness and sanity are measured, spread evenly: they cost many runs. */
  readonly faithfulness: number;
  readonly seed: number;
  readonly onSample?: (done: number, total: number) => void;
}

/** Mean with an interval by patient; null where there is nothing to average. */
export type Figure = Estimate | null;

export interface MethodFigures {
  readonly method: string;
  readonly layer: string;
  readonly samples: number;
  /** Milliseconds a map. */
  readonly mapMs: number;
  readonly pointing: Figure;
  readonly pointingEnclosed: Figure;
  readonly energy: Figure;
  /** The best mean Dice over thresholds, and the threshold, a share of the peak. */
  readonly dice: Figure;
  readonly iou: Figure;
  readonly threshold: number | null;
  readonly road: Figure;
  readonly confidence: Figure;
  readonly insertion: Figure;
  readonly deletion: Figure;
  /** Correlation with the map of the same network with shuffled weights: near 0 is sane. */
  readonly sanity: Figure;
}

const DRAWS = 500;

function meanOf(judged: readonly Judged[], value: (of: Judged) => number | null, seed: number): Figure {
  const known = judged.flatMap((of) => {
    const number = value(of);
    return number === null ? [] : [{ number, group: of.group }];
  });
  if (known.length === 0) return null;
  const mean = (indices: readonly number[]): number =>
    indices.reduce((sum, i) => sum + (known[i]?.number ?? 0), 0) / indices.length;
  const groups = known.map(({ group }) => group);
  return {
    value: mean([...known.keys()]),
    interval: bootstrapByGroup(groups, mean, seededRandom(seed), DRAWS),
  };
}

function shareOf(judged: readonly Judged[], hit: (of: Judged) => boolean | null): Figure {
  const known = judged.map(hit).filter((is) => is !== null);
  return known.length > 0 ? proportion(known.filter(Boolean).length, known.length) : null;
}

/** The threshold with the best mean Dice; its index. */
function bestThreshold(judged: readonly Judged[]): number | null {
  const outlined = judged.filter(({ dice }) => dice.length > 0);
  if (outlined.length === 0) return null;
  const means = THRESHOLDS.map((_, t) => outlined.reduce((sum, { dice }) => sum + (dice[t] ?? 0), 0));
  return means.indexOf(Math.max(...means));
}

/** Localisation of a map. */
function locate(field: Float32Array, { mask, pixelMm }: Sample) {
  if (!mask) return { hit: null, hitEnclosed: null, energy: null, dice: [], iou: [] };
  const tolerance = TOLERANCE_MM / pixelMm;
  const enclosed = enclosedBy(mask);
  const overlaps = THRESHOLDS.map((threshold) => overlapAt(field, enclosed, threshold));
  return {
    hit: pointsInside(field, grown(mask, tolerance)),
    hitEnclosed: pointsInside(field, grown(enclosed, tolerance)),
    energy: energyInside(field, enclosed),
    dice: overlaps.map(({ dice }) => dice),
    iou: overlaps.map(({ iou }) => iou),
  };
}

/** Judge one method at one layer. */
export async function evaluateMethod(
  network: Network,
  samples: readonly Sample[],
  { method, layer }: Combination,
  options: EvaluateOptions,
): Promise<MethodFigures> {
  const { target, baseline, seed, classIndex } = options;
  const opening = { method, target, layers: [layer], baseline };
  const explainer = await Explainer.open(network, opening);
  const probability = await network.scorer(probabilityTarget(classIndex));
  const shuffledModel = { ...network.model, ...withShuffledWeights(network.model, seed) };
  const shuffledNetwork = await Network.open(shuffledModel, {
    logits: network.logits,
    session: network.session,
  });
  const shuffled = await Explainer.open(shuffledNetwork, opening);
  const every = Math.max(1, Math.ceil(samples.length / Math.max(1, options.faithfulness)));
  const judged: Judged[] = [];
  let mapMs = 0;
  try {
    for (const [index, sample] of samples.entries()) {
      const startedMs = performance.now();
      const [explanation] = await explainer.explain(sample.image);
      mapMs += performance.now() - startedMs;
      if (!explanation) continue;
      const [, , rows = 0, columns = 0] = sample.image.shape;
      const field = onImage(explanation.saliency, rows, columns);
      const located = { group: sample.group, ...locate(field, sample) };
      const isMeasured = options.faithfulness > 0 && index % every === 0;
      if (!isMeasured) {
        const none = { road: null, confidence: null, insertion: null, deletion: null, sanity: null };
        judged.push({ ...located, ...none });
      } else {
        const score = (images: FloatTensor) => probability.scores(images, explanation.logits);
        const random = seededRandom(seed + index);
        const [other] = await shuffled.explain(sample.image);
        judged.push({
          ...located,
          road: await roadCombined(sample.image, field, score, () => normal(random)),
          confidence: await confidenceChange(sample.image, field, score),
          ...(await insertionAndDeletion(sample.image, field, score, baseline)),
          sanity: other ? pearson(field, onImage(other.saliency, rows, columns)) : null,
        });
      }
      options.onSample?.(index + 1, samples.length);
    }
  } finally {
    await explainer.dispose();
    await shuffled.dispose();
    await probability.dispose();
  }
  const best = bestThreshold(judged);
  const at = (values: readonly number[]): number | null => (best === null ? null : (values[best] ?? null));
  const mean = (value: (of: Judged) => number | null): Figure => meanOf(judged, value, seed);
  return {
    method: method.name,
    layer: explainer.layers.map(({ name }) => name).join(", "),
    samples: judged.length,
    mapMs: mapMs / Math.max(1, samples.length),
    pointing: shareOf(judged, ({ hit }) => hit),
    pointingEnclosed: shareOf(judged, ({ hitEnclosed }) => hitEnclosed),
    energy: mean(({ energy }) => energy),
    dice: mean(({ dice }) => at(dice)),
    iou: mean(({ iou }) => at(iou)),
    threshold: best === null ? null : (THRESHOLDS[best] ?? null),
    road: mean(({ road }) => road),
    confidence: mean(({ confidence }) => confidence),
    insertion: mean(({ insertion }) => insertion),
    deletion: mean(({ deletion }) => deletion),
    sanity: mean(({ sanity }) => sanity),
  };
}
