/**
 * @file The thread that scores: the model lives here, so that a running network never makes a sender or a
 * page wait.
 */
import { workerData } from "node:worker_threads";

import { decodeSlices } from "../../dicom/decode.ts";
import type { InstanceHeader } from "../../dicom/instance.ts";
import { Classifier, type PictureResult } from "../../model/classifier.ts";
import { loadPackage } from "../../model/package.ts";
import { readPicture } from "../../model/picture-file.ts";
import { scoreStudy } from "../../model/score-study.ts";
import { tryClassifier } from "../../model/try-classifier.ts";
import { DiskObjectStore } from "../../store/objects.ts";
import { answerCalls, type CallContext } from "../thread-side.ts";
import type { Classification, MadeMap, MapRequest, ScoringResult, ScoringSource } from "./scorer.ts";
import { StudyMaps, methodsFor } from "./study-maps.ts";
import { UNUSABLE_IMAGE, type LoadedModel, type ScoringThreadData } from "./thread-scorer.ts";

const { modelDir, threads, objectsDir } = workerData as ScoringThreadData;
const loading = Classifier.load(modelDir, { threads });
loading.catch(() => undefined); // whoever calls is told

async function load(): Promise<LoadedModel> {
  const classifier = await loading;
  await tryClassifier(classifier);
  const { spec } = classifier;
  return {
    model: { name: spec.name, version: spec.version },
    saliencyReferencePeak: spec.saliency.referencePeak,
    saliencyMethod: spec.saliency.method,
    saliencyMethods: methodsFor(spec.saliency.method),
  };
}

async function score(sources: readonly ScoringSource[], context: CallContext): Promise<ScoringResult> {
  const classifier = await loading;
  const objects = await DiskObjectStore.open(objectsDir);
  const instances = sources.map(({ sopInstanceUid, objectKey, header }) => ({
    file: sopInstanceUid,
    header: header as InstanceHeader,
    read: () => objects.bytes(objectKey),
  }));
  const { verdict, ...scored } = await scoreStudy(instances, classifier, context);
  return {
    ...scored,
    peakSliceIndex: Math.max(0, verdict?.peakSliceIndex ?? 0),
  };
}

interface Image {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** One picture's (or one instance's most suspicious slice's) probabilities. */
async function classify({ bytes, mediaType }: Image): Promise<Classification> {
  const classifier = await loading;
  const results = await picturesOf(classifier, bytes, mediaType).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(new Error(why, { cause }), { name: UNUSABLE_IMAGE });
  });
  const [first, ...others] = results;
  if (!first) throw Object.assign(new Error("The instance has no slices."), { name: UNUSABLE_IMAGE });
  const { probabilities } = others.reduce(
    (best, next) => (next.probability > best.probability ? next : best),
    first,
  );
  const { labels } = classifier;
  const likeliest = probabilities.indexOf(Math.max(...probabilities));
  return { file: "", labels, probabilities, predicted_label: labels[likeliest] ?? "" };
}

async function picturesOf(
  classifier: Classifier,
  bytes: Uint8Array,
  mediaType: string,
): Promise<readonly Pick<PictureResult, "probability" | "probabilities">[]> {
  if (mediaType === "application/dicom") return classifier.classifySlices(await decodeSlices(bytes));
  const picture = await readPicture(bytes, classifier.spec.input.size, "the body");
  return classifier.classifyRgb([picture]);
}

/** Opened when the first other map is asked for. */
let maps: Promise<StudyMaps> | null = null;

async function openMaps(): Promise<StudyMaps> {
  const [loaded, objects, classifier] = await Promise.all([
    loadPackage(modelDir),
    DiskObjectStore.open(objectsDir),
    loading,
  ]);
  const read = (key: string): Promise<Uint8Array> => objects.bytes(key);
  return new StudyMaps(loaded, { threads, read, openSlabs: () => classifier.openSlabs() });
}

async function map(request: MapRequest): Promise<MadeMap> {
  maps ??= openMaps();
  return (await maps).make(request);
}

answerCalls({ load, score, classify, map });
