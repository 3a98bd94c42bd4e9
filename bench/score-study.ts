/**
 * @file Benchmark: the time to score a study, from its files' bytes to the finding, against the bare ONNX Runtime
 * time of the same tensors in the same process.
 *
 * `node bench/score-study.ts [--study FOLDER] [--model DIR] [--repeats 5] [--json]`. Without a folder it scores a
 * phantom head. Turn and turn about; the smallest of each counts, since others may be using the machine.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { decodeSlices } from "../src/dicom/decode.ts";
import { parseHeader } from "../src/dicom/instance.ts";
import type { Slice } from "../src/domain/slice.ts";
import { Classifier } from "../src/model/classifier.ts";
import { rgbToTensor } from "../src/model/input-tensor.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../src/model/package.ts";
import { prepareSlices } from "../src/model/preprocess.ts";
import { scoreStudy } from "../src/model/score-study.ts";
import type { InstanceSource } from "../src/model/score-study.ts";
import { Session } from "../src/nn/session.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import type { PhantomIdentity } from "../src/phantom/dicom.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";

const { values: args } = parseArgs({
  options: {
    study: { type: "string" },
    model: { type: "string", default: DEFAULT_MODEL_DIR },
    repeats: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

const IDENTITY: PhantomIdentity = {
  patientName: "Phantom^Bench",
  patientId: "BENCH",
  sex: "O",
  birthDate: "19700101",
  accessionNumber: "1",
  studyDescription: "CT head",
  orderPriority: "routine",
  studyAt: "2026-01-01T00:00:00",
};

/** As in the classifier. */
const BATCH_SIZE = 4;

async function studyBytes(): Promise<Uint8Array[]> {
  const folder = args.study;
  if (folder === undefined) return phantomToDicom(generatePhantom({ seed: 1, bleed: null }), IDENTITY);
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

const files = await studyBytes();
const sources = files.map((bytes, i): InstanceSource => ({
  file: String(i),
  header: parseHeader(bytes),
  read: async () => bytes,
}));
const classifier = await Classifier.load(args.model);
const { spec, onnx } = await loadPackage(args.model);

// The same tensors, for the bare runs: of the series that is scored.
const scored = new Set((await scoreStudy(sources, classifier)).slices.map(({ file }) => file));
const slices: Slice[] = [];
for (const source of sources) {
  if (scored.has(source.file)) slices.push(...(await decodeSlices(await source.read())));
}
slices.sort((a, b) => a.positionMm - b.positionMm);
const pictures = prepareSlices(slices, spec.preprocess).filter(({ brainMm2 }) => brainMm2 > 0);
const tensors = Array.from({ length: Math.ceil(pictures.length / BATCH_SIZE) }, (_, n) => {
  const batch = pictures.slice(n * BATCH_SIZE, (n + 1) * BATCH_SIZE).map(({ rgb }) => rgb);
  return rgbToTensor(batch, spec.input.size, spec.input.normalisation);
});
const session = await Session.load(onnx);
const [input = ""] = session.inputNames;
const bareRun = async (): Promise<void> => {
  for (const tensor of tensors) await session.run({ [input]: tensor });
};
const preparation = async (): Promise<void> => {
  const decoded: Slice[] = [];
  for (const source of sources) {
    if (scored.has(source.file)) decoded.push(...(await decodeSlices(await source.read())));
  }
  prepareSlices(
    decoded.toSorted((a, b) => a.positionMm - b.positionMm),
    spec.preprocess,
  );
};

await bareRun();
const times = { bareMs: Infinity, studyMs: Infinity, preparationMs: Infinity };
for (let repeat = 0; repeat < Number(args.repeats); repeat++) {
  times.bareMs = Math.min(times.bareMs, await timed(bareRun));
  times.studyMs = Math.min(times.studyMs, await timed(() => scoreStudy(sources, classifier)));
  times.preparationMs = Math.min(times.preparationMs, await timed(preparation));
}
await session.dispose();
await classifier.dispose();

const ratio = times.studyMs / times.bareMs;
if (args.json) {
  console.log(JSON.stringify({ slices: slices.length, pictures: pictures.length, ...times, ratio }));
} else {
  console.log(`${slices.length} slices, ${pictures.length} pictures for the network`);
  console.log(`bare ONNX Runtime        ${times.bareMs.toFixed(0)} ms`);
  console.log(`decoding and preparing   ${times.preparationMs.toFixed(0)} ms, alone in one thread`);
  console.log(`whole study, overlapped  ${times.studyMs.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`);
}
