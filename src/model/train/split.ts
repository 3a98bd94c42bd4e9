/**
 * @file Splits that keep every group (patient) on one side.
 */
import { shuffled } from "./random.ts";

export interface Split {
  readonly train: readonly number[];
  readonly held: readonly number[];
}

/**
 * `folds` splits; each group is held out once. Groups are dealt in a random order to the fold with the fewest
 * examples so far.
 * @throws RangeError when there are fewer groups than folds
 */
export function groupFolds(groups: readonly string[], folds: number, random: () => number): Split[] {
  const names = [...new Set(groups)];
  if (folds < 2 || names.length < folds) {
    throw new RangeError(`${folds} folds need 2 or more, and as many patients; there are ${names.length}`);
  }
  const sizes = new Map(names.map((name) => [name, groups.filter((group) => group === name).length]));
  const dealt = new Map<string, number>();
  const load = new Array<number>(folds).fill(0);
  for (const name of shuffled(names, random)) {
    const lightest = load.indexOf(Math.min(...load));
    dealt.set(name, lightest);
    load[lightest] = (load[lightest] ?? 0) + (sizes.get(name) ?? 0);
  }
  const all = groups.map((_, i) => i);
  return load.map((_, fold) => ({
    train: all.filter((i) => dealt.get(groups[i] ?? "") !== fold),
    held: all.filter((i) => dealt.get(groups[i] ?? "") === fold),
  }));
}

/**
 * Weights of examples that make every class count the same: `n / (classes · n of its class)`.
 * @param counted the examples that count; all by default
 */
export function balancedWeights(
  classIndex: readonly number[],
  classes: number,
  counted: readonly number[] = classIndex.map((_, i) => i),
): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const i of counted) counts[classIndex[i] ?? 0] = (counts[classIndex[i] ?? 0] ?? 0) + 1;
  return classIndex.map((c) => counted.length / (classes * Math.max(1, counts[c] ?? 0)));
}

/**
 * Places of the examples held out as validation: whole groups in a random order, until a share of all examples is
 * reached; of groups with the same classes each kind, so that every class that can be is on both sides. Empty for a
 * share of 0.
 * @throws RangeError when no group can be held out
 */
export function validationSplit(
  groups: readonly string[],
  classIndex: readonly number[],
  share: number,
  random: () => number,
): number[] {
  if (share === 0) return [];
  const members = Map.groupBy(groups.keys(), (i) => groups[i] ?? "");
  const classesOf = (name: string): string =>
    [...new Set(members.get(name)?.map((i) => classIndex[i]))].toSorted().join(" ");
  const held = new Set<string>();
  for (const names of Map.groupBy(members.keys(), classesOf).values()) {
    const total = names.reduce((sum, name) => sum + (members.get(name)?.length ?? 0), 0);
    let [count, taken] = [0, 0];
    for (const name of shuffled(names, random)) {
      const own = members.get(name)?.length ?? 0;
      // One is taken at least and one left; between, as long as it brings the share nearer.
      if (taken === names.length - 1 || (taken > 0 && count + own / 2 > share * total)) continue;
      held.add(name);
      taken++;
      count += own;
    }
  }
  if (held.size === 0) {
    throw new RangeError(
      `a validation split needs 2 or more patients of a kind; there are ${members.size} in all: use --validation-split 0`,
    );
  }
  return groups.flatMap((group, i) => (held.has(group) ? [i] : []));
}
