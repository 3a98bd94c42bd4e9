/**
 * @file `firstread dataset deidentify`: DICOM files without what tells whose they are.
 */
import { mkdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import { RETAINABLE } from "../../../dicom/deidentify/profile.ts";
import type { Retainable } from "../../../dicom/deidentify/profile.ts";
import { writeFileAtomically } from "../../../model/atomic-file.ts";
import { deidentifyDataset } from "../../../model/dataset/deidentify-set.ts";
import type { DeidentifyReport } from "../../../model/dataset/deidentify-set.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { countingNumber } from "../../option-values.ts";
import { openSink, openSource } from "./ends.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import { createRateProgress } from "./rate-progress.ts";

interface Options {
  readonly output: string;
  readonly secretFile: string;
  readonly retain?: readonly Retainable[];
  readonly clean?: readonly "descriptors"[];
  readonly keepFlagged?: true;
  readonly mapping?: string;
  readonly threads: number;
  readonly json?: true;
}

/** Options of PS3.15 E.3 that are not offered, and what happens instead. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  "safe-private": "which private attributes are safe differs by machine and version: all are removed",
  graphics: "drawings may hold names in any form: overlays, curves and annotations are removed",
  "structured-content": "texts in reports cannot be cleaned safely: content sequences are removed",
  "pixel-data": "burned-in text is not looked for: files that may show it are listed and left out",
  "visual-features": "a head CT shows a face, and its pixels are not changed",
};

/** A choice of a variadic option; what the standard names and this program does not do is refused with the reason. */
function choiceOf<Choice extends string>(choices: readonly Choice[]) {
  return (text: string, before: readonly Choice[] = []): readonly Choice[] => {
    const choice = choices.find((known) => known === text);
    if (choice !== undefined) return [...before, choice];
    const reason = NOT_OFFERED[text];
    throw new InvalidArgumentError(
      reason === undefined ? `Expected ${choices.join(", ")}.` : `Not offered: ${reason}.`,
    );
  };
}

const csvText = (text: string): string => `"${text.replaceAll('"', '""')}"`;

async function run(uri: string, options: Options): Promise<void> {
  const { retain = [], clean = [], keepFlagged = false, threads } = options;
  if (retain.includes("full-dates") && retain.includes("modified-dates"))
    throw new RangeError("dates are retained in full or modified, not both");
  const secret = (await readFile(options.secretFile, "utf8")).trim();
  const source = await openSource(uri);
  const sink = await openSink(options.output);
  const progress = createRateProgress();
  try {
    const report = await deidentifyDataset({
      ...{ source, sink, secret, options: [...retain, ...clean], keepFlagged, threads },
      ...{ onProgress: (done, total) => progress.show("files", done, total), signal: abortOnInterrupt() },
    });
    progress.clear();
    const { mapping, ...figures } = report;
    if (options.mapping !== undefined) await writeMapping(options.mapping, mapping);
    if (options.json) console.log(JSON.stringify(figures));
    else print(report, keepFlagged);
    const leftOut = report.skipped.length + (keepFlagged ? 0 : report.flagged.length);
    process.exitCode = leftOut === 0 ? EXIT_DONE : EXIT_SKIPPED;
  } finally {
    progress.clear();
    await sink.close();
    await source.close();
  }
}

async function writeMapping(path: string, mapping: DeidentifyReport["mapping"]): Promise<void> {
  const lines = mapping.map(([source, file]) => `${csvText(source)},${file}\n`);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `source,file\n${lines.join("")}`, 0o600);
}

function print(report: DeidentifyReport, keepFlagged: boolean): void {
  const { written, kept, patients } = report;
  const before = kept > 0 ? `, ${kept} were there already` : "";
  console.log(`${report.output}: ${written} files written${before}, of ${patients} patients`);
  for (const [attribute, count] of Object.entries(report.changed))
    console.log(`  ${String(count).padStart(8)} × ${attribute}`);
  const what = keepFlagged ? "flagged" : "left out";
  for (const { file, reason } of report.flagged) console.error(`${what} ${file}: may show names: ${reason}`);
  for (const { file, reason } of report.skipped) console.error(`skipped ${file}: ${reason}`);
}

export function configure(command: Command): void {
  command
    .command("deidentify")
    .summary("DICOM without what tells whose it is: PS3.15 Basic Profile.")
    .description(
      "DICOM without what tells whose it is, by the Basic Application Level Confidentiality Profile (PS3.15 annex E).\n\n" +
        "Pixels stay byte for byte; private attributes, overlays and curves go. Files whose pixels may show names are\n" +
        "listed and left out. A head CT shows a face: what its pixels tell is not changed. A run that was broken off\n" +
        "goes on where it stopped.",
    )
    .argument("<source>", "folder of DICOM, a zip file (read in place), or either in a bucket (s3://)")
    .requiredOption(
      "--output <dir>",
      "folder or s3://bucket/prefix to write to: <patient>/<study>/<instance>.dcm",
    )
    .requiredOption(
      "--secret-file <file>",
      "the key of all pseudonyms (16 characters or more): keep it, tell nobody",
    )
    .option(
      "--retain <what...>",
      `keep what the profile's options allow: ${RETAINABLE.join(", ")}`,
      choiceOf(RETAINABLE),
    )
    .option(
      "--clean <what...>",
      "descriptors: of descriptions and comments keep the words of a list (anatomy, technique) and measures with a unit, " +
        "and nothing else",
      choiceOf(["descriptors"] as const),
    )
    .option("--keep-flagged", "write files whose pixels may show names all the same")
    .option("--mapping <file>", "CSV of which file became which: identifies everybody")
    .option("--threads <n>", "threads that de-identify", countingNumber, availableParallelism())
    .option("--json", "print the report as JSON")
    .action(run);
}
