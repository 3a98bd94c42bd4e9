/**
 * @file `firstread dataset deidentify`: DICOM files without what tells whose they are.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { Option } from "commander";
import type { Command } from "commander";

import { deidentifyInstance } from "../../../dicom/deidentify/deidentify.ts";
import { RETAINABLE } from "../../../dicom/deidentify/profile.ts";
import type { Retainable } from "../../../dicom/deidentify/profile.ts";
import { Pseudonyms } from "../../../dicom/deidentify/pseudonyms.ts";
import type { LeftOut } from "../../../model/dataset/assignment.ts";
import { EXIT_DONE, EXIT_SKIPPED } from "../../exit-codes.ts";
import { openSource } from "./ends.ts";
import { createRateProgress } from "./rate-progress.ts";

interface Options {
  readonly output: string;
  readonly secretFile: string;
  readonly retain: readonly Retainable[];
  readonly keepFlagged?: true;
  readonly mapping?: string;
  readonly json?: true;
}

interface Report {
  readonly output: string;
  readonly written: number;
  readonly patients: number;
  /** Files whose pixels may show names. */
  readonly flagged: readonly LeftOut[];
  readonly skipped: readonly LeftOut[];
  /** How often each attribute was removed, emptied or replaced. */
  readonly changed: Readonly<Record<string, number>>;
}

const csvText = (text: string): string => `"${text.replaceAll('"', '""')}"`;

async function run(uri: string, options: Options): Promise<void> {
  const retain = new Set(options.retain);
  if (retain.has("full-dates") && retain.has("modified-dates"))
    throw new RangeError("dates are retained in full or modified, not both");
  const pseudonyms = new Pseudonyms((await readFile(options.secretFile, "utf8")).trim());
  const source = await openSource(uri);
  const progress = createRateProgress();
  const changed = new Map<string, number>();
  const patients = new Set<string>();
  const names = new Set<string>();
  const flagged: LeftOut[] = [];
  const skipped: LeftOut[] = [];
  const mapping = ["source,file"];
  try {
    const files = await source.list();
    for (const [i, file] of files.entries()) {
      progress.show("files", i + 1, files.length);
      try {
        const result = deidentifyInstance(await source.read(file), pseudonyms, retain);
        if (result.burnedInRisks.length > 0) {
          flagged.push({ file: file.name, reason: result.burnedInRisks.join("; ") });
          if (!options.keepFlagged) continue;
        }
        const name = `${result.patient}/${fileName(result.studyInstanceUid)}/${fileName(result.sopInstanceUid)}.dcm`;
        if (names.has(name)) {
          skipped.push({ file: file.name, reason: "a second file with its SOPInstanceUID" });
          continue;
        }
        names.add(name);
        await writeWhole(join(options.output, name), result.bytes);
        mapping.push(`${csvText(file.name)},${name}`);
        patients.add(result.patient);
        for (const [attribute, count] of result.changed)
          changed.set(attribute, (changed.get(attribute) ?? 0) + count);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
        skipped.push({ file: file.name, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    if (options.mapping !== undefined) await writeWhole(options.mapping, `${mapping.join("\n")}\n`);
  } finally {
    progress.clear();
    await source.close();
  }
  const report: Report = {
    ...{ output: options.output, written: mapping.length - 1, patients: patients.size, flagged, skipped },
    changed: Object.fromEntries([...changed].sort(([, a], [, b]) => b - a)),
  };
  print(report, options);
  const leftOut = skipped.length + (options.keepFlagged ? 0 : flagged.length);
  process.exitCode = leftOut === 0 ? EXIT_DONE : EXIT_SKIPPED;
}

/** UIDs that were retained may be anything. */
const fileName = (text: string): string => text.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.unfinished`, content);
  await rename(`${path}.unfinished`, path);
}

function print(report: Report, { json, keepFlagged }: Options): void {
  if (json) {
    console.log(JSON.stringify(report));
    return;
  }
  console.log(`${report.output}: ${report.written} files of ${report.patients} patients`);
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
        "listed and left out. A head CT shows a face: what its pixels tell is not changed.",
    )
    .argument("<source>", "folder of DICOM, a zip file (read in place), or either in a bucket (s3://)")
    .requiredOption("--output <dir>", "folder to write to: <patient>/<study>/<instance>.dcm")
    .requiredOption(
      "--secret-file <file>",
      "the key of all pseudonyms (16 characters or more): keep it, tell nobody",
    )
    .addOption(
      new Option("--retain <what...>", "keep what the profile's options allow")
        .choices(RETAINABLE)
        .default([]),
    )
    .option("--keep-flagged", "write files whose pixels may show names all the same")
    .option("--mapping <file>", "CSV of which file became which: identifies everybody")
    .option("--json", "print the report as JSON")
    .action(run);
}
