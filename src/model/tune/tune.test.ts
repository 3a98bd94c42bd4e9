import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { seededRandom } from "../train/random.ts";
import { objectiveOf } from "./objective.ts";
import { kernelDensity, propose } from "./propose.ts";
import type { Observation } from "./propose.ts";
import { searchPage } from "./report.ts";
import { bestTrial, search } from "./search.ts";
import type { SearchOptions } from "./search.ts";
import { fromUnit, parseRange, toUnit } from "./space.ts";
import type { Range, Settings } from "./space.ts";
import { TrialFolder } from "./trials.ts";

const range = (text: string, whole = false): Range => {
  const parsed = parseRange(text, whole);
  if (!parsed) throw new Error(`${text} is one value`);
  return parsed;
};

describe("parseRange", () => {
  it("takes ranges, lists and single values", () => {
    expect(parseRange("1e-4:1e-2:log", false)).toEqual({
      ...{ kind: "number", lower: 1e-4, upper: 1e-2 },
      ...{ scale: "log", whole: false },
    });
    expect(parseRange("16, 32,64", true)).toEqual({ kind: "choice", values: ["16", "32", "64"] });
    expect(parseRange("0.001", false)).toBeNull();
  });

  it("says what was expected", () => {
    for (const text of ["2:1", "1:1", ":1", "1:", "a:b", "1:2:cubic", "1:2:log:3"]) {
      expect(() => parseRange(text, false), text).toThrow("LOWER:UPPER");
    }
    expect(() => parseRange("0:1:log", false)).toThrow("above 0");
    expect(() => parseRange("0.5:2", true)).toThrow("whole numbers");
    expect(() => parseRange("a,,b", false)).toThrow("different values");
    expect(() => parseRange("a,a", false)).toThrow("different values");
  });
});

describe("fromUnit and toUnit", () => {
  it("take equal ratios for equal steps on a logarithmic scale", () => {
    const rate = range("1e-4:1e-2:log");
    expect([0, 0.5, 1].map((unit) => fromUnit(rate, unit))).toEqual(["0.0001", "0.001", "0.01"]);
    expect(toUnit(rate, "0.001")).toBeCloseTo(0.5, 12);
  });

  it("make whole numbers equally likely, the ends too", () => {
    const epochs = range("3:5", true);
    const drawn = Array.from({ length: 300 }, (_, i) => fromUnit(epochs, (i + 0.5) / 300));
    for (const value of ["3", "4", "5"]) expect(drawn.filter((v) => v === value)).toHaveLength(100);
  });
});

describe("kernelDensity", () => {
  it("is one in all between 0 and 1, wherever its centre is", () => {
    for (const centre of [0, 0.3, 1]) {
      const step = 1e-3;
      const sum = Array.from({ length: 1000 }, (_, i) => kernelDensity((i + 0.5) * step, centre, 0.1));
      expect(sum.reduce((a, b) => a + b, 0) * step).toBeCloseTo(1, 4);
    }
  });
});

describe("propose", () => {
  const space = new Map([
    ["learning-rate", range("1e-5:1:log")],
    ["batch-size", range("8,16,32,64")],
    ["weight-decay", range("0:1")],
  ]);
  /** Smallest at a rate of 1e-2, decay 0.25 and batches of 32. */
  const cost = (settings: Settings): number =>
    (Math.log10(Number(settings["learning-rate"])) + 2) ** 2 +
    4 * (Number(settings["weight-decay"]) - 0.25) ** 2 +
    (settings["batch-size"] === "32" ? 0 : 0.5);

  function run(seed: number, trials: number, randomTrials: number): number {
    const observations: Observation[] = [];
    for (let number = 1; number <= trials; number++) {
      const settings = propose(space, observations, { seed, number, randomTrials });
      observations.push({ settings, cost: cost(settings) });
    }
    return Math.min(...observations.map((observation) => observation.cost));
  }

  it("finds better settings than chance does, with as many trials", () => {
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
    const guided = seeds.map((seed) => run(seed, 40, 10));
    const chance = seeds.map((seed) => run(seed, 40, 40));
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[10] ?? NaN;
    expect(median(guided)).toBeLessThan(0.4 * median(chance));
  });

  it("is the same for the same seed, and spreads over the whole space at random", () => {
    const first = propose(space, [], { seed: 1, number: 1, randomTrials: 10 });
    expect(propose(space, [], { seed: 1, number: 1, randomTrials: 10 })).toEqual(first);
    const drawn = Array.from({ length: 400 }, (_, i) =>
      propose(space, [], { seed: 1, number: i + 1, randomTrials: 400 }),
    );
    const rates = drawn.map((settings) => Number(settings["learning-rate"]));
    // Five decades, each with a fifth of 400: 80, three standard deviations being 24.
    for (let decade = -5; decade < 0; decade++) {
      const count = rates.filter((rate) => rate >= 10 ** decade && rate < 10 ** (decade + 1)).length;
      expect(Math.abs(count - 80)).toBeLessThan(24);
    }
  });

  it("keeps away from what failed", () => {
    // Small rates fail; the others are equally good.
    const random = seededRandom(4);
    const one = new Map([["learning-rate", range("0:1")]]);
    const observations = Array.from({ length: 20 }, (): Observation => {
      const rate = random();
      return { settings: { "learning-rate": String(rate) }, cost: rate < 0.5 ? Infinity : random() };
    });
    const tried = Array.from({ length: 50 }, (_, i) =>
      Number(propose(one, observations, { seed: 1, number: 21 + i, randomTrials: 10 })["learning-rate"]),
    );
    expect(tried.filter((rate) => rate < 0.5).length).toBeLessThan(5);
  });
});

describe("objectiveOf", () => {
  const epoch = {
    ...{ epoch: 1, learningRate: 1, loss: 1, accuracy: 1, auc: 1 },
    ...{ imagesPerSecond: 1, seconds: 1, waitingShare: 0 },
    ...{ validationLoss: 0.5, validationAccuracy: 0.75, validationAuc: 0.8 },
  };
  const record = {
    epochs: [epoch, { ...epoch, validationLoss: 0.75, validationAuc: 0.9 }],
    metrics: [
      {
        ...{ name: "AUC", value: 0.7, interval: null, method: "" },
        of: "training data, 5-fold cross-validation grouped by patient",
      },
    ],
  };

  it("takes the best epoch's, or the package's own", () => {
    expect(objectiveOf("validation-loss", record)).toBe(0.5);
    expect(objectiveOf("validation-auc", record)).toBe(0.9);
    expect(objectiveOf("cross-validation-auc", record)).toBe(0.7);
  });

  it("says what is missing", () => {
    const none = { epochs: [{ ...epoch, validationAuc: null }], metrics: [] };
    expect(() => objectiveOf("validation-auc", none)).toThrow("no validation-auc");
    expect(() => objectiveOf("cross-validation-auc", none)).toThrow("--folds 2");
  });
});

describe("search", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "firstread-tune-"));
  });
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  const options = {
    space: new Map([["rate", range("0:1")]]),
    objective: "validation-auc",
    ...{ trials: 8, randomTrials: 3, parallel: 1, seed: 1 },
  } satisfies SearchOptions;
  const about = { data: "x", seed: 1 };
  const value = ({ rate }: Settings) => 1 - Math.abs(Number(rate) - 0.4);
  const ended = (settings: Settings) => ({ value: value(settings), failed: null, seconds: 1 });

  it("goes on where it was interrupted, runs nothing twice, and ends as if nothing had been", async () => {
    const whole = await search(await TrialFolder.open(join(root, "whole"), about), options, {
      run: async ({ settings }) => ended(settings),
    });
    expect(whole.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const ran: string[] = [];
    const interrupted = search(await TrialFolder.open(join(root, "cut"), about), options, {
      run: async ({ number, settings }) => {
        ran.push(`${number}`);
        if (number === 5) throw new Error("killed");
        return ended(settings);
      },
    });
    await expect(interrupted).rejects.toThrow("killed");
    const gone = await search(await TrialFolder.open(join(root, "cut"), about), options, {
      run: async ({ number, settings, resume }) => {
        ran.push(resume ? `${number} again` : `${number}`);
        return ended(settings);
      },
    });
    expect(ran).toEqual(["1", "2", "3", "4", "5", "5 again", "6", "7", "8"]);
    expect(gone).toEqual(whole);
    expect(bestTrial(whole, "validation-auc")?.result?.value).toBe(
      Math.max(...whole.map(({ settings }) => value(settings))),
    );
  });

  it("runs as many at once as are allowed, and more trials when they are asked for later", async () => {
    const dir = join(root, "parallel");
    let [running, most] = [0, 0];
    const { promise: full, resolve: open } = Promise.withResolvers<void>();
    const run = async ({ settings }: { settings: Settings }) => {
      most = Math.max(most, ++running);
      if (running === 3) open();
      await full;
      running--;
      return ended(settings);
    };
    await search(await TrialFolder.open(dir, about), { ...options, parallel: 3 }, { run });
    expect(most).toBe(3);
    const more = await search(await TrialFolder.open(dir, about), { ...options, trials: 10 }, { run });
    expect(more).toHaveLength(10);
  });

  it("tells of trials that end together one after the other: the best model is kept by one at a time", async () => {
    let [telling, most] = [0, 0];
    const told: number[] = [];
    const onEnd = async ({ number }: { number: number }, all: readonly unknown[]) => {
      most = Math.max(most, ++telling);
      await new Promise((resolve) => setImmediate(resolve));
      expect(all.length).toBeGreaterThanOrEqual(told.push(number));
      telling--;
    };
    const run = async ({ settings }: { settings: Settings }) => ended(settings);
    const folder = await TrialFolder.open(join(root, "together"), about);
    await search(folder, { ...options, parallel: 4 }, { run, onEnd });
    expect(most).toBe(1);
    expect(told.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("takes trials that fail, but not only such", async () => {
    const some = await search(await TrialFolder.open(join(root, "some"), about), options, {
      run: async ({ number, settings }) =>
        number % 2 === 0 ? { value: null, failed: "loss is no number", seconds: 1 } : ended(settings),
    });
    const page = searchPage({ ...options, data: "x", trials: some });
    expect(page).toContain("8 trials, 4 of them failed");
    expect(page).toContain("loss is no number");
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    const none = search(await TrialFolder.open(join(root, "none"), about), options, {
      run: async () => ({ value: null, failed: "no such file", seconds: 1 }),
    });
    await expect(none).rejects.toThrow("the first 3 trials all failed; trial 1: no such file");
  });

  it("does not mix two searches in one folder", async () => {
    await TrialFolder.open(join(root, "mixed"), about);
    await expect(TrialFolder.open(join(root, "mixed"), { ...about, seed: 2 })).rejects.toThrow(
      "another search",
    );
  });
});
