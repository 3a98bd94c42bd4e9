/**
 * @file What a model package's `model.json` says, and the check of it: a whole value or an error naming the field.
 */
import type { Region } from "../domain/finding.ts";
import type { Window } from "../domain/slice.ts";
import type { PreprocessSpec } from "./preprocess.ts";

/**
 * How per-image feature maps become one feature vector: the mean or maximum of each channel, or both. With
 * "log-mean-exp" it is the other way round: the linear layer scores every cell, and an image's logit is the logarithm
 * of the mean of the cells' exponentials, a smooth maximum (Pinheiro and Collobert 2015, arXiv 1411.6228), so that a
 * small finding counts and the scores of the cells say where it is.
 */
export const POOLINGS = ["mean", "max", "mean+max", "log-mean-exp"] as const;
export type Pooling = (typeof POOLINGS)[number];

/** A channel value v (0…255) enters the network as `(v - mean) / std`, in R, G, B. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Probabilities are `softmax(scale · logits + bias)`, one bias a class. */
export interface Calibration {
  readonly scale: number;
  readonly bias: readonly number[];
}

/** One figure of the model card; `interval` is the 95 % interval. */
export interface Metric {
  readonly name: string;
  readonly of: string;
  readonly value: number;
  readonly interval: readonly [number, number] | null;
  readonly method: string;
}

export interface ModelSpec {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The class that the threshold and the saliency are about. */
  readonly positive: string;
  readonly input: { readonly size: number; readonly normalisation: Normalisation };
  /** In channel order R, G, B. */
  readonly windows: readonly [Window, Window, Window];
  readonly preprocess: PreprocessSpec;
  /**
   * The value of the graph whose feature maps are pooled and explained (of several networks in one graph: theirs, with
   * commas), and how they are pooled.
   */
  readonly layer: string;
  readonly pooling: Pooling;
  readonly threshold: { readonly value: number; readonly chosen: string };
  readonly calibration: Calibration;
  /** The rule that makes a study finding of slice findings; null for the default one. */
  readonly studyRule: Readonly<Record<string, number>> | null;
  readonly saliency: {
    readonly method: string;
    /** Part of the input square that the map's cells cover, as fractions of its side. */
    readonly region: Region;
    /** The median raw peak on clear positives of the training data: full colour in an overlay. */
    readonly referencePeak: number | null;
  };
  /** Data and hyperparameters, as trained; free-form. */
  readonly training: Readonly<Record<string, unknown>>;
  readonly metrics: readonly Metric[];
  /** `sha256:…` of `model.onnx`. */
  readonly digest: string;
}

/** A model package that cannot be used: what was expected, what came, and where. */
export class ModelPackageError extends Error {
  override readonly name = "ModelPackageError";
}

type Check = (value: unknown, at: string) => void;

function fail(at: string, expected: string, value: unknown): never {
  const got = value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value).slice(0, 80);
  throw new ModelPackageError(`model.json: ${at}: expected ${expected}, got ${got}`);
}

const text: Check = (value, at) => {
  if (typeof value !== "string" || value === "") fail(at, "a text", value);
};

const number =
  (least = -Infinity, most = Infinity): Check =>
  (value, at) => {
    if (typeof value !== "number" || !Number.isFinite(value)) fail(at, "a number", value);
    if (value < least || value > most) fail(at, `a number from ${least} to ${most}`, value);
  };

const oneOf =
  (choices: readonly unknown[]): Check =>
  (value, at) => {
    if (!choices.includes(value)) fail(at, `one of ${choices.join(", ")}`, value);
  };

const orNull =
  (check: Check): Check =>
  (value, at) => {
    if (value !== null) check(value, at);
  };

const list =
  (item: Check, length?: number): Check =>
  (value, at) => {
    if (!Array.isArray(value)) fail(at, "a list", value);
    if (length !== undefined && value.length !== length) fail(at, `a list of ${length}`, value);
    value.forEach((element: unknown, index) => item(element, `${at}[${index}]`));
  };

const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(at, "an object", value);
    const record = value as Record<string, unknown>;
    for (const [key, check] of Object.entries(fields)) check(record[key], at === "" ? key : `${at}.${key}`);
  };

const anything: Check = object({});

const numbers: Check = (value, at) => {
  anything(value, at);
  for (const [key, entry] of Object.entries(value as object)) number()(entry, `${at}.${key}`);
};

const positive = number(Number.MIN_VALUE);
const triple = list(number(), 3);

/** One check a field; a field the type has and this lacks is a compile error. */
const preprocessFields: Record<keyof PreprocessSpec, Check> = {
  size: positive,
  fieldMm: positive,
  slabMm: positive,
  smoothMm: number(0),
  grainHu: positive,
  brainHu: number(),
  largestShiftHu: number(0),
};

const specFields: Record<keyof ModelSpec, Check> = {
  format: oneOf([1]),
  name: text,
  version: text,
  licence: text,
  positive: text,
  input: object({
    size: number(1, 4096),
    normalisation: object({ mean: triple, std: list(positive, 3) }),
  }),
  windows: list(object({ centerHu: number(), widthHu: number(1) }), 3),
  preprocess: object(preprocessFields),
  layer: text,
  pooling: oneOf(POOLINGS),
  threshold: object({ value: number(0, 1), chosen: text }),
  calibration: object({ scale: positive, bias: list(number()) }),
  studyRule: orNull(numbers),
  saliency: object({
    method: text,
    region: object({ top: number(), left: number(), rows: positive, columns: positive }),
    referencePeak: orNull(number(0)),
  }),
  training: anything,
  metrics: list(
    object({ name: text, of: text, value: number(), interval: orNull(list(number(), 2)), method: text }),
  ),
  digest: (value, at) => {
    if (typeof value !== "string" || !/^sha256:[0-9a-f]{64}$/.test(value)) fail(at, "sha256:…", value);
  },
};

/**
 * The content of `model.json`, checked.
 * @throws ModelPackageError naming the first field that is not as expected
 */
export function parseModelSpec(value: unknown): ModelSpec {
  object(specFields)(value, "");
  return value as ModelSpec;
}
