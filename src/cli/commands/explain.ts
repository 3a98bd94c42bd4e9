/**
 * @file `firstread explain`: heat maps of pictures and DICOM studies, and what such maps are worth.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Option } from "commander";
import type { Command } from "commander";

import type { Window } from "../../domain/slice.ts";
import type { Skipped } from "../../domain/study.ts";
import { Explainer } from "../../explain/explainer.ts";
import { METHOD_NAMES, findMethod } from "../../explain/methods.ts";
import {
  blend,
  fieldOn,
  placed,
  sideBySide,
  strengthOf,
  toDataUri,
  toPng,
} from "../../explain/overlay-picture.ts";
import type { OverlayStyle } from "../../explain/overlay-picture.ts";
import { explanationPage } from "../../explain/report.ts";
import type { ReportedPicture } from "../../explain/report.ts";
import { parseTarget } from "../../explain/target.ts";
import { rgbToTensor } from "../../model/input-tensor.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_SKIPPED } from "../exit-codes.ts";
import { configureEvaluate } from "../explain/evaluate-command.ts";
import { addModelOptions } from "../explain/model-options.ts";
import { readPictures } from "../explain/pictures.ts";
import type { Picture } from "../explain/pictures.ts";
import { openSubject } from "../explain/subject.ts";
import type { Subject, SubjectOptions } from "../explain/subject.ts";
import { countingNumber, windowCenterWidth } from "../option-values.ts";
import { createProgress } from "../progress.ts";

interface Options extends SubjectOptions {
  readonly layer?: string;
  readonly target?: string;
  readonly method?: string;
  readonly smooth?: string;
  readonly style: OverlayStyle;
  readonly batchSize: number;
  readonly window?: Window;
  readonly out?: string;
  readonly listLayers?: boolean;
  readonly listMethods?: boolean;
  readonly json?: boolean;
}

/** Side of a report's pictures, in pixels. */
const REPORT_SIDE = 320;

/**
 * Colour says how much only beside the package's own reference: the same method and layer. The mean over several layers
 * is on another scale than the package's map.
 */
function referenceFor(subject: Subject, method: string, layer: string): number | null {
  const isOwn = method === subject.method && layer === subject.layer && !layer.includes(",");
  return isOwn ? subject.referencePeak : null;
}

async function openExplainer(subject: Subject, options: Options): Promise<Explainer> {
  const { normalisation, labels } = subject;
  return Explainer.open(subject.network, {
    method: findMethod(options.method ?? subject.method),
    target: parseTarget(options.target ?? subject.target, labels),
    layers: (options.layer ?? subject.layer).split(","),
    augmented: options.smooth === "augmentation" || options.smooth === "both",
    principal: options.smooth === "principal" || options.smooth === "both",
    // A black picture, as the network is shown it.
    baseline: normalisation.mean.map((mean, channel) => -mean / (normalisation.std[channel] ?? 1)),
  });
}

/** Explains pictures in batches and writes their overlays. */
async function explainAll(
  pictures: AsyncIterable<Picture>,
  explainer: Explainer,
  subject: Subject,
  options: Options & { readonly out: string },
): Promise<ReportedPicture[]> {
  const method = options.method ?? subject.method;
  const reference = referenceFor(subject, method, options.layer ?? subject.layer);
  const reported: ReportedPicture[] = [];
  const names = new Set<string>();
  const progress = createProgress();
  const explainBatch = async (batch: readonly Picture[]): Promise<void> => {
    const tensor = rgbToTensor(
      batch.map(({ rgb }) => rgb),
      subject.size,
      subject.normalisation,
    );
    const results = await explainer.explain(tensor);
    for (const [i, picture] of batch.entries()) {
      const result = results[i];
      if (!result) continue;
      const saliency = placed(result.saliency, picture.region);
      const overlay = blend(
        picture.view,
        fieldOn(picture.view, saliency, strengthOf(saliency, reference)),
        options.style,
      );
      const predicted = subject.labels[result.logits.indexOf(Math.max(...result.logits))] ?? "";
      let name = picture.name;
      for (let n = 2; names.has(name); n++) name = `${picture.name}-${n}`;
      names.add(name);
      await writeFile(join(options.out, `${name}.png`), await toPng(overlay));
      await writeFile(
        join(options.out, `${name}.sheet.png`),
        await toPng(sideBySide([picture.view, overlay])),
      );
      const { score } = result;
      const { peak, rows, columns } = saliency;
      reported.push({
        file: picture.file,
        what: picture.what,
        predicted,
        score,
        peak,
        plain: await toDataUri(picture.view, REPORT_SIDE),
        overlay: await toDataUri(overlay, REPORT_SIDE),
      });
      const line = {
        file: picture.file,
        overlay: `${name}.png`,
        predicted_label: predicted,
        score,
        peak,
        rows,
        columns,
      };
      progress.clear();
      if (options.json)
        console.log(
          JSON.stringify({ ...line, values: Array.from(saliency.values), region: saliency.region }),
        );
      else
        console.log(
          `${picture.file}: ${predicted}, score ${score.toFixed(3)}, peak ${peak.toPrecision(3)} → ${name}.png`,
        );
    }
    progress.show("explain", reported.length, reported.length + 1);
  };
  let batch: Picture[] = [];
  for await (const picture of pictures) {
    batch.push(picture);
    if (batch.length < options.batchSize) continue;
    await explainBatch(batch);
    batch = [];
  }
  if (batch.length > 0) await explainBatch(batch);
  progress.clear();
  return reported;
}

function listLayers(subject: Subject, json: boolean | undefined): void {
  for (const layer of subject.network.layers()) {
    const { name, operator, channels, rows, columns } = layer;
    console.log(json ? JSON.stringify(layer) : `${name}  ${operator}  ${channels} × ${rows} × ${columns}`);
  }
}

async function run(paths: readonly string[], options: Options, command: Command): Promise<void> {
  if (options.listMethods) {
    for (const name of METHOD_NAMES) console.log(name);
    return;
  }
  const subject = await openSubject(options);
  if (options.listLayers) {
    listLayers(subject, options.json);
    return;
  }
  const { out } = options;
  if (paths.length === 0 || out === undefined) {
    command.error("error: expected PATH… and --out DIR (or --list-layers, --list-methods)");
  }
  await mkdir(out, { recursive: true });
  const explainer = await openExplainer(subject, options);
  try {
    const skipped: Skipped[] = [];
    const pictures = readPictures(paths, subject, options.window, skipped);
    const reported = await explainAll(pictures, explainer, subject, { ...options, out });
    const page = explanationPage(reported, skipped, {
      model: subject.name,
      method: options.method ?? subject.method,
      target: options.target ?? subject.target,
      layers: explainer.layers.map(({ name }) => name),
      referencePeak: referenceFor(subject, options.method ?? subject.method, options.layer ?? subject.layer),
    });
    await writeFile(join(out, "report.html"), page);
    for (const { file, reason } of skipped) console.error(`skipped ${file}: ${reason}`);
    if (!options.json) console.log(`${join(out, "report.html")}\nResearch use only; never a diagnosis.`);
    process.exitCode = reported.length === 0 ? EXIT_FAILED : skipped.length > 0 ? EXIT_SKIPPED : EXIT_DONE;
  } finally {
    await explainer.dispose();
  }
}

export function configure(command: Command): void {
  addModelOptions(command)
    .argument("[path...]", "JPG, PNG or DICOM files, or folders of them")
    .option("--out <dir>", "where overlays, sheets and report.html are written")
    .option("--layer <names>", "`auto` (the last with spatial maps) or names; several are averaged")
    .option("--target <class>", "a class, `A - B` for a difference of logits, or `predicted`")
    .addOption(new Option("--method <name>", "how").choices(METHOD_NAMES))
    .addOption(
      new Option("--smooth <how>", "over changed pictures, or by first principal component").choices([
        "augmentation",
        "principal",
        "both",
      ]),
    )
    .addOption(new Option("--style <style>", "of overlays").choices(["heat", "outline"]).default("heat"))
    .option(
      "--window <center/width>",
      "the pictures are grey and show this window, e.g. 40/80",
      windowCenterWidth,
    )
    .option("--batch-size <n>", "pictures in one run", countingNumber, 4)
    .option("--list-layers", "print the layers with spatial feature maps")
    .option("--list-methods", "print the methods")
    .option("--json", "print one JSON line a picture, with its map")
    .action((paths: string[], options: Options) => run(paths, options, command));
  configureEvaluate(command.command("evaluate"));
}
