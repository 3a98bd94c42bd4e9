/**
 * @file The core without a server: make a head with a bleed, write it as DICOM, score it, print the verdict.
 *
 * `node examples/score-a-phantom.ts [seed]`
 */
import { Classifier } from "../src/model/classifier.ts";
import { DEFAULT_MODEL_DIR } from "../src/model/package.ts";
import { scoreStudy } from "../src/model/score-study.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { drawIdentity } from "../src/phantom/identities.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { Random } from "../src/phantom/random.ts";

const seed = Number(process.argv[2] ?? 1);
const phantom = generatePhantom({ seed, bleed: "intraparenchymal" });
const patient = { ageYears: phantom.options.ageYears, studyAt: "2026-03-06T18:00:00", ordinal: 0 };
const instances = phantomToDicom(phantom, drawIdentity(patient, new Random(seed)));

const classifier = await Classifier.load(DEFAULT_MODEL_DIR);
const { finding } = await scoreStudy(
  instances.map((bytes, i) => ({ file: `slice ${i + 1}`, read: async () => bytes })),
  classifier,
);
await classifier.dispose();
if (!finding) throw new Error("The phantom was not taken for a head.");
console.log(
  `${finding.label}: ${(100 * finding.probability).toFixed(0)} % (threshold ${(100 * finding.threshold).toFixed(0)} %), ` +
    `${phantom.bleedVolumeMl.toFixed(0)} ml of blood on ${instances.length} slices`,
);
