/**
 * @file What a method's maps at a layer are worth: figures over images that were judged one by one.
 */
import { bootstrapByGroup, proportion } from "../model/metrics.ts";
import type { Estimate } from "../model/metrics.ts";
import { seededRandom } from "../model/train/random.ts";
import { THRESHOLDS } from "./judge.ts";
import type { Judged, Judgement } from "./judge.ts";

/** Mean with an interval by patient; null where there is nothing to average. */
export type Figure = Estimate | null;

export interface MethodFigures {
  readonly method: string;
  readonly layer: string;
  readonly samples: number;
  /** On so many of them the network finds the class. */
  readonly found: number;
  /** Milliseconds a map. */
  readonly mapMs: number;
  /** Of all images: also those on which the network finds nothing, whose maps have little to show. */
  readonly pointing: Figure;
  /** Of the images on which the network finds the class. */
  readonly pointingFound: Figure;
  /** Of what is drawn, where that is not the finding but lies round it. */
  readonly pointingDrawn: Figure;
  /** Of what is drawn and what it encloses. */
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

/**
 * Figures of one method at one layer.
 * @param judgements several, of different networks on different images, are taken together
 * @throws RangeError when there are none
 */
export function figuresOf(judgements: readonly Judgement[], seed: number): MethodFigures {
  const [first] = judgements;
  if (!first) throw new RangeError("no maps were judged");
  const judged = judgements.flatMap((of) => of.judged);
  const best = bestThreshold(judged);
  const at = (values: readonly number[]): number | null => (best === null ? null : (values[best] ?? null));
  const mean = (value: (of: Judged) => number | null): Figure => meanOf(judged, value, seed);
  const found = judged.filter(({ isFound }) => isFound);
  return {
    method: first.method,
    layer: first.layer,
    samples: judged.length,
    found: found.length,
    mapMs: judgements.reduce((sum, { mapMs }) => sum + mapMs, 0) / Math.max(1, judged.length),
    pointing: shareOf(judged, ({ hit }) => hit),
    pointingFound: shareOf(found, ({ hit }) => hit),
    pointingDrawn: shareOf(judged, ({ hitDrawn }) => hitDrawn),
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
