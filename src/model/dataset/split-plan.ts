/**
 * @file Which split a patient belongs to: stratified, seeded, the same on every machine that sees the same index.
 *
 * Patients and studies that touch (a study filed under two patients, a patient with many studies) are one group, and
 * a split is given to groups only: a patient in two splits cannot be said in this plan. Within each stratum (the
 * rarest class a group has) groups stand in the order of their digests and are cut at the wanted parts
 * (docs/decisions on splits says why).
 */
import { createHash } from "node:crypto";

export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** Parts of the whole, which sum to 1. */
export type SplitParts = Readonly<Record<Split, number>>;

/** One labelled image. */
export interface PlannedImage {
  readonly patient: string;
  readonly study: string;
  readonly classIndex: number;
}

/** Sets of names that were joined, by union-find. */
class Groups {
  readonly #parents = new Map<string, string>();

  /** The name that stands for a name's group. */
  find(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    for (let at = name; at !== root;) {
      const up = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  /** The smaller name stands for both, so that the order of joining does not matter. */
  join(a: string, b: string): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first === second) return;
    if (first < second) this.#parents.set(second, first);
    else this.#parents.set(first, second);
  }
}

export interface SplitPlan {
  /** @throws RangeError for a patient that the plan was not made with */
  splitOf(patient: string): Split;
  readonly groups: number;
}

/** Make the plan. Order of `images` does not matter. */
export function planSplits(images: Iterable<PlannedImage>, parts: SplitParts, seed: number): SplitPlan {
  const groups = new Groups();
  const patients = new Map<string, Set<number>>();
  const perClass = new Map<number, number>();
  for (const { patient, study, classIndex } of images) {
    groups.join(`p ${patient}`, `s ${study}`);
    const classes = patients.get(patient) ?? new Set<number>();
    if (!classes.has(classIndex)) patients.set(patient, classes.add(classIndex));
    perClass.set(classIndex, (perClass.get(classIndex) ?? 0) + 1);
  }
  const classesOf = new Map<string, Set<number>>();
  for (const [patient, classes] of patients) {
    const group = groups.find(`p ${patient}`);
    classesOf.set(group, new Set([...(classesOf.get(group) ?? []), ...classes]));
  }
  const splits = new Map<string, Split>();
  for (const members of strata(classesOf, perClass).values()) cut(members, parts, seed, splits);
  return {
    groups: classesOf.size,
    splitOf(patient) {
      const split = splits.get(groups.find(`p ${patient}`));
      if (!split) throw new RangeError(`patient ${patient} is not in the plan of ${classesOf.size} groups`);
      return split;
    },
  };
}

/** Groups by the rarest class they have. */
function strata(
  classesOf: ReadonlyMap<string, ReadonlySet<number>>,
  perClass: ReadonlyMap<number, number>,
): Map<number, string[]> {
  const result = new Map<number, string[]>();
  for (const [group, classes] of classesOf) {
    const [rarest = 0] = [...classes].sort(
      (a, b) => (perClass.get(a) ?? 0) - (perClass.get(b) ?? 0) || b - a,
    );
    const members = result.get(rarest) ?? [];
    members.push(group);
    result.set(rarest, members);
  }
  return result;
}

function cut(members: readonly string[], parts: SplitParts, seed: number, splits: Map<string, Split>): void {
  const digest = (group: string): string => createHash("sha256").update(`${seed}\0${group}`).digest("hex");
  const ordered = members.map((group) => ({ group, digest: digest(group) }));
  ordered.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const trainEnd = Math.round(parts.train * ordered.length);
  const validationEnd = Math.round((parts.train + parts.validation) * ordered.length);
  ordered.forEach(({ group }, i) => {
    splits.set(group, i < trainEnd ? "train" : i < validationEnd ? "validation" : "test");
  });
}
