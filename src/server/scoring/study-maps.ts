/**
 * @file Maps of a scored study by other methods than its model's own, made when they are asked for.
 *
 * The pictures of the study that was asked for last are kept as the network is shown them (200 kB a slab), and what
 * was made of them, so that scrolling and going through the methods cost one run of the network a slab and method.
 */
import type { Saliency } from "../../domain/finding.ts";
import { withSaliencyBy } from "../../explain/other-saliency.ts";
import { COMPILED_METHODS } from "../../explain/methods.ts";
import { Classifier } from "../../model/classifier.ts";
import type { ModelPackage } from "../../model/package.ts";
import type { PreparedImage } from "../../model/preprocess.ts";
import { slabSteps } from "../../model/slab-stream.ts";
import type { SlabStream } from "../../model/slab-stream.ts";
import type { MadeMap, MapRequest, SliceOfStudy } from "./scorer.ts";
import { NO_MAP } from "./thread-scorer.ts";

export interface StudyMapsOptions {
  /** Threads within one operator of the network. */
  readonly threads: number;
  /** How instances become pictures. */
  readonly openSlabs: () => SlabStream;
  /** The bytes of an instance. */
  readonly read: (objectKey: string) => Promise<Uint8Array>;
}

/** A study's pictures, and the maps made of them. */
interface Study {
  /** By slice. */
  readonly pictures: ReadonlyMap<string, PreparedImage>;
  /** By method and picture. */
  readonly maps: Map<string, Map<PreparedImage, Promise<Saliency>>>;
}

/** Every method that maps can be made by, the model's own first. */
export function methodsFor(own: string): readonly string[] {
  return [own, ...COMPILED_METHODS.map(({ name }) => name).filter((name) => name !== own)];
}

const sliceKey = ({ sopInstanceUid, frame }: SliceOfStudy): string => `${sopInstanceUid}/${frame}`;

const noMap = (why: string): Error => Object.assign(new Error(why), { name: NO_MAP });

export class StudyMaps {
  readonly #package: ModelPackage;
  readonly #options: StudyMapsOptions;
  /** By method. */
  readonly #classifiers = new Map<string, Promise<Classifier>>();
  #study: Promise<Study> | null = null;
  #studyKey = "";

  constructor(modelPackage: ModelPackage, options: StudyMapsOptions) {
    this.#package = modelPackage;
    this.#options = options;
  }

  /** @throws Error named `NO_MAP` when there is no such method, or the slice can no longer be read */
  async make({ method, objectKeys, slice, peakSlice }: MapRequest): Promise<MadeMap> {
    const classifier = await this.#classifierBy(method);
    const key = objectKeys.join(" ");
    if (key !== this.#studyKey || !this.#study) {
      this.#studyKey = key;
      this.#study = this.#readStudy(objectKeys);
      this.#study.catch(() => (this.#studyKey = ""));
    }
    const study = await this.#study;
    const [saliency, peak] = await Promise.all([
      this.#mapOf(study, slice, method, classifier),
      this.#mapOf(study, peakSlice, method, classifier),
    ]);
    return { saliency, peakSlicePeak: peak.peak };
  }

  #classifierBy(name: string): Promise<Classifier> {
    const known = this.#classifiers.get(name);
    if (known) return known;
    const method = COMPILED_METHODS.find((of) => of.name === name);
    if (!method) throw noMap(`There is no map by "${name}".`);
    const { threads } = this.#options;
    const opening = Classifier.open(this.#package, withSaliencyBy(this.#package, method), { threads });
    this.#classifiers.set(name, opening);
    opening.catch(() => this.#classifiers.delete(name));
    return opening;
  }

  async #readStudy(objectKeys: readonly string[]): Promise<Study> {
    const pictures = new Map<string, PreparedImage>();
    const read = (instance: number) => this.#options.read(objectKeys[instance] ?? "");
    for await (const step of slabSteps(objectKeys.length, read, this.#options.openSlabs())) {
      if (step.kind === "picture") for (const slice of step.slices) pictures.set(sliceKey(slice), step.image);
    }
    return { pictures, maps: new Map() };
  }

  #mapOf(study: Study, slice: SliceOfStudy, method: string, classifier: Classifier): Promise<Saliency> {
    const picture = study.pictures.get(sliceKey(slice));
    if (!picture) throw noMap("The slice can no longer be read.");
    const maps = study.maps.get(method) ?? new Map<PreparedImage, Promise<Saliency>>();
    study.maps.set(method, maps);
    const known = maps.get(picture);
    if (known) return known;
    const making = classifier.classifyPrepared([picture]).then(([result]) => {
      if (result) return result.saliency;
      throw noMap("The network gave no map.");
    });
    maps.set(picture, making);
    making.catch(() => maps.delete(picture));
    return making;
  }
}
