/**
 * @file The recipe of the default model: every number that its training uses, in one place.
 */
import { DEFAULT_PREPROCESS } from "../../src/model/train/default-preprocess.ts";

export const EXTRACTOR = {
  source: "npm:nsfwjs@4.3.0",
  /** 288 channels at stride 8; up to here the weights are ImageNet's own. Middle layers carry blood better than late ones. */
  layer: "mixed2",
} as const;

export const PREPROCESS = DEFAULT_PREPROCESS;

/** Phantom studies to choose the threshold on: seeds from `firstSeed`, every second with a bleed, the kinds in turn. */
export const HELD_OUT_PHANTOMS = { firstSeed: 5000, count: 48 } as const;

/** A phantom with less blood than this on its worst slice is not asked for. */
export const LEAST_BLEED_MM2 = 150;

/** About the picture's own pixel size. */
export const PHANTOM_IMAGE = { rows: 256 } as const;

export const HEAD = {
  pooling: "log-mean-exp",
  epochs: 12,
  batchSize: 64,
  learningRate: 0.01,
  weightDecay: 0.02,
  optimizer: "adam",
  schedule: "constant",
  warmUpEpochs: 0,
  labelSmoothing: 0,
  backboneLearningRate: 0,
  monitor: "validation-loss",
  patience: 0,
  classWeights: "balanced",
  augmentation: null,
  augmentedCopies: 0,
  onlyTopLayer: true,
  weights: "float32",
  feedThreads: 1,
  folds: 5,
  seed: 1,
} as const;

/** Pictures that cross-validation judges: PHE-SICH's own slices, unchanged. */
export const JUDGED = /^phe[^_]*_\d+-orig\./;

export const STUDY_RULE = { spanMm: 10, largestLogit: 5 } as const;

export const PACKAGE = {
  name: "firstread-default",
  version: "1.0",
  licence:
    "Research and non-commercial use only (trained on PHE-SICH, which is free for non-commercial purposes; extractor MIT)",
} as const;
