/**
 * @file The scorer that the server uses: the model in a thread of its own.
 */
import type { ModelReference } from "../../domain/finding.ts";
import { DEFAULT_MODEL_DIR } from "../../model/package.ts";
import { toLocalFolder } from "../../store/location.ts";
import type { ServerConfig } from "../config.ts";
import { HttpError } from "../errors.ts";
import { Thread } from "../thread.ts";
import type { Classification, MadeMap, Scorer, ScoringResult } from "./scorer.ts";

/** What the thread is started with. */
export interface ScoringThreadData {
  readonly modelDir: string;
  readonly threads: number;
  readonly objectsDir: string;
}

/** What the thread says of its model once it is loaded. */
export interface LoadedModel {
  readonly model: ModelReference;
  readonly saliencyReferencePeak: number | null;
  readonly saliencyMethod: string;
  readonly saliencyMethods: readonly string[];
}

/** The name of an error that is the sender's fault, across the thread's border. */
export const UNUSABLE_IMAGE = "UnusableImage";
/** The name of an error that says that a map cannot be made. */
export const NO_MAP = "NoMap";

const SCORING_THREAD = new URL("./scoring-thread.ts", import.meta.url);

/**
 * Load the model package in a thread; one that is elsewhere is brought here first.
 * @throws Error when there is none, or it cannot be used.
 */
export async function openThreadScorer({ model }: ServerConfig, objectsDir: string): Promise<Scorer> {
  const place = model.dir ?? DEFAULT_MODEL_DIR;
  const unusable = (cause: unknown) =>
    new Error(`The model package in ${place} cannot be used: ${(cause as Error).message}`, { cause });
  const modelDir = await toLocalFolder(place).catch((cause: unknown) => {
    throw unusable(cause);
  });
  const data: ScoringThreadData = { modelDir, threads: model.threads, objectsDir };
  const thread = new Thread(SCORING_THREAD, data);
  const loaded = await thread.call<LoadedModel>("load", null).catch(async (cause: unknown) => {
    await thread.close();
    throw unusable(cause);
  });
  return {
    ...loaded,
    map: (request) =>
      thread.call<MadeMap>("map", request).catch((cause: unknown) => {
        if ((cause as Error).name !== NO_MAP) throw cause;
        throw new HttpError(422, "no-map", (cause as Error).message, { cause });
      }),
    score: (sources, options) => thread.call<ScoringResult>("score", sources, options),
    classify: (bytes, mediaType) =>
      thread.call<Classification>("classify", { bytes, mediaType }).catch((cause: unknown) => {
        if ((cause as Error).name !== UNUSABLE_IMAGE) throw cause;
        throw new HttpError(422, "unusable-image", (cause as Error).message, { cause });
      }),
    close: () => thread.close(),
  };
}
