/**
 * @file The recipe of the default model: every number that its training uses, in one place.
 */
import { DEFAULT_PREPROCESS } from "../../src/model/train/default-preprocess.ts";

export const EXTRACTOR = {
  source: "npm:@qvac/classification-ggml@0.26.3",
  /** 288 channels at stride 16: small bleeds still have cells of their own. */
  layer: "features.9.expanded",
} as const;

export const PREPROCESS = DEFAULT_PREPROCESS;

/** A picture of a slice with less brain than this is left out: the network is never asked about one. */
export const LEAST_BRAIN_MM2 = 4000;

/** Phantom studies to choose the threshold on: seeds from `firstSeed`, every second with a bleed, the kinds in turn. */
export const HELD_OUT_PHANTOMS = { firstSeed: 5000, count: 48 } as const;

/** Phantom studies to train on. */
export const TRAINING_PHANTOMS = { firstSeed: 1, count: 40 } as const;

/** Slices drawn on: how often one that does not bleed gets a bleed, and how often look-alikes only. */
export const DRAWN = {
  seed: 12,
  /** Drawn with these chances: subdurals and subarachnoid blood are the commonest and the thinnest. */
  kinds: [
    "subdural",
    "subdural",
    "subdural",
    "subarachnoid",
    "subarachnoid",
    "intraventricular",
    "intraventricular",
    "hornLevel",
    "hornLevel",
    "hornLevel",
    "intraparenchymal",
    "intraparenchymal",
    "epidural",
    "epidural",
    "haemorrhagicInfarct",
  ] as const,
  bleeding: 0.75,
  notBleeding: 0.45,
  /** How often a drawn bleed's slice is shown without the blood too, all else being the same; a small level's always. */
  alsoWithout: 0.25,
  /**
   * How often a whole head has contrast: the model is for heads without, and a bleed is seldom looked for after it was
   * given.
   */
  enhanced: { bleeding: 0.05, notBleeding: 0.3 },
  /**
   * Less blood than this is not called a bleed: a vein in a sulcus shows up to 35 mm², so clots and filled sulci must show
   * more. A level in a ventricle, where no veins are, is small and sharp.
   */
  leastMm2: {
    subdural: 30,
    epidural: 30,
    subarachnoid: 80,
    intraparenchymal: 50,
    haemorrhagicInfarct: 60,
    intraventricular: 15,
    hornLevel: 15,
  },
  /** Slices that do bleed: how often they get look-alikes beside their blood. */
  besideBlood: 0.8,
  /** A kind that leaves too little to see (no ventricle on the slice, say) is replaced by another, so often. */
  tries: 4,
  /** Times each slice is drawn on. */
  rounds: 3,
} as const;

/** A phantom's picture with less blood than this is not trained on: it shows a trace. */
export const LEAST_TRAINED_MM2 = 30;

/** A phantom with less blood than this on its worst slice is not asked for. */
export const LEAST_BLEED_MM2 = 150;

/** About the picture's own pixel size. */
export const PHANTOM_IMAGE = { rows: 256 } as const;

/** Networks in the package, each trained on the patients of the other folds: held-out figures come with them. */
export const FOLDS = 3;

/**
 * Each network looks at the picture as it is, and moved by half a cell of its maps: what lies between cells the first
 * time lies in the middle of one the second time. Pixels down and to the right.
 */
export const LOOKS = [0, 8] as const;

/** Whole-network training, in the words of `firstread train`. */
export const TRAINING = {
  trainOnlyTopLayer: false,
  pooling: "log-mean-exp",
  validationSplit: 0,
  epochs: 22,
  batchSize: 16,
  optimizer: "adam",
  learningRate: 0.001,
  backboneLearningRate: 0.0005,
  schedule: "cosine",
  warmUpEpochs: 0.5,
  labelSmoothing: 0,
  monitor: "validation-auc",
  earlyStopping: 0,
  augmentedCopies: 4,
  classWeights: "balanced",
  /** Empty slices are the same in many patients. */
  allowDuplicates: true,
  weights: "float16",
  feedThreads: 1,
  seed: 1,
  cache: false,
} as const;

/** PHE-SICH's own slices, unchanged: what the figures on held-out patients are of. */
export const JUDGED = /^phe[^_]*_\d+-(?:orig|beside|empty)\./;

/** Pictures that show no brain: telling them from bleeds is no feat, and the network is never asked about one. */
export const EMPTY = /-empty\./;

/** None of these is trained on: next to a slice that bleeds some show blood whatever their label. */
export const JUDGED_ONLY = /-(?:beside|empty)\./;

export const STUDY_RULE = { spanMm: 10, largestLogit: 5 } as const;

export const PACKAGE = {
  name: "firstread-default",
  version: "2.3",
  licence:
    "Research and non-commercial use only (trained on PHE-SICH, which is free for non-commercial purposes; extractor Apache-2.0)",
} as const;
