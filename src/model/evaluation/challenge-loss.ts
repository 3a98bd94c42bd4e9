/**
 * @file The weighted log-loss of the RSNA 2019 Intracranial Hemorrhage challenge.
 *
 * `Σ over images and findings of w · -(y log p + (1 - y) log(1 - p)) / Σ w`, with w = 2 for "any" and 1 for each of the
 * five kinds of bleed (kaggle.com/c/rsna-intracranial-hemorrhage-detection, Evaluation). A model that does not tell the
 * kinds apart is judged on "any" alone.
 */
import type { Estimate } from "../metrics.ts";
import { BOOTSTRAP_SEED } from "../figures.ts";
import { bootstrapFigures } from "../metrics-bootstrap.ts";
import { LEAST_PROBABILITY } from "../metrics-weighted.ts";
import { seededRandom } from "../train/random.ts";

/** What is true of an image, and what probability was given, by finding. */
export interface FindingsCase {
  readonly group: string;
  readonly truth: Readonly<Record<string, 0 | 1>>;
  readonly given: Readonly<Record<string, number>>;
}

const weightOf = (finding: string): number => (finding === "any" ? 2 : 1);

/** `w · loss` and `w`, summed over the findings that are both known and given. */
function lossOf({ truth, given }: FindingsCase): { loss: number; weight: number } {
  let [loss, weight] = [0, 0];
  for (const [finding, p] of Object.entries(given)) {
    const y = truth[finding];
    if (y === undefined) continue;
    const right = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, y === 1 ? p : 1 - p));
    loss -= weightOf(finding) * Math.log(right);
    weight += weightOf(finding);
  }
  return { loss, weight };
}

/** With the 95 % interval when patients are drawn again; null where nothing is both known and given. */
export function challengeLogLoss(cases: readonly FindingsCase[]): Estimate | null {
  const each = cases.map(lossOf);
  const mean = (drawn: ArrayLike<number>): number => {
    let [loss, weight] = [0, 0];
    for (const [i, own] of each.entries()) {
      loss += (drawn[i] ?? 0) * own.loss;
      weight += (drawn[i] ?? 0) * own.weight;
    }
    return loss / weight;
  };
  const value = mean(each.map(() => 1));
  if (!Number.isFinite(value)) return null;
  const groups = cases.map(({ group }) => group);
  const [interval] = bootstrapFigures(groups, (drawn) => [mean(drawn)], seededRandom(BOOTSTRAP_SEED));
  return { value, interval: interval ?? [value, value] };
}

/**
 * The probabilities of the challenge's findings that a model gives.
 * @param labels the model's classes, with `probabilities` in their order
 * @param positive the model's positive class: taken for "any" where no class tells better
 */
export function givenFindings(
  labels: readonly string[],
  probabilities: readonly number[],
  positive: string,
  subtypes: readonly string[],
): Readonly<Record<string, number>> {
  const of = (label: string): number | undefined => probabilities[labels.indexOf(label)];
  const normal = of("normal");
  const any = of("any") ?? of("hemorrhage") ?? (normal === undefined ? of(positive) : 1 - normal);
  const kinds = subtypes.flatMap((kind): [string, number][] => {
    const p = of(kind);
    return p === undefined ? [] : [[kind, p]];
  });
  return Object.fromEntries([...kinds, ["any", any ?? 0]]);
}
