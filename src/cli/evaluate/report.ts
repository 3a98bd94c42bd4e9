/**
 * @file The HTML report of an evaluation.
 */
import { writeFile } from "node:fs/promises";

import type { ModelSpec } from "../../model/spec.ts";
import { describeLabels } from "../../model/evaluation/known-class.ts";
import { evaluationSections } from "../../model/report/evaluation-sections.ts";
import { figureText } from "../../model/report/html.ts";
import { htmlPage, notes, part } from "../../model/report/page.ts";
import type { Section } from "../../model/report/page.ts";
import { figureTable } from "../../model/report/tables.ts";
import type { JudgedData } from "./judge-data.ts";
import type { Result } from "./result.ts";
import { casePicture } from "./slice-picture.ts";

/** Names of each list that are printed. */
const MOST_NAMED = 20;

function challengeSection({ weightedLogLoss }: Result): Section[] {
  if (!weightedLogLoss) return [];
  const row = { name: "weighted log-loss", ...weightedLogLoss, method: "patients drawn again" };
  return [
    {
      heading: "The challenge's figure",
      text:
        "RSNA 2019: Σ w · −(y log p + (1 − y) log(1 − p)) / Σ w over images and findings; w = 2 for any bleed, 1 for each " +
        "kind that the model tells apart. Lower is better.",
      parts: [part("", figureTable([row]), { wide: true })],
    },
  ];
}

function dataSection({ labels, skipped, notScored }: JudgedData): Section[] {
  const said = ({ file, reason }: { file: string; reason: string }): string => `${file}: ${reason}`;
  const listed = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0
      ? []
      : [part(`${title} (${lines.length})`, notes(lines.slice(0, MOST_NAMED)), { wide: true })];
  const parts = [
    ...listed("Labels and images that do not fit", labels ? describeLabels(labels, MOST_NAMED) : []),
    ...listed("Not scored: nothing for the model on them; counted as probability 0", notScored.map(said)),
    ...listed("Skipped: they could not be judged", skipped.map(said)),
  ];
  return parts.length === 0 ? [] : [{ heading: "What was left out", parts }];
}

/** Write the report. @throws the file system's error */
export async function writeReport(
  file: string,
  result: Result,
  judged: JudgedData,
  about: { readonly model: Pick<ModelSpec, "name" | "version" | "threshold">; readonly data: string },
): Promise<void> {
  const sections: Section[] = [];
  for (const { level, evaluation } of result.levels) {
    const isStudies = level === judged.studies;
    const { threshold, classes: _classes, ...figures } = evaluation;
    const heading = `${level.unit.charAt(0).toUpperCase()}${level.unit.slice(1)}`;
    const own = await evaluationSections(
      { ...level, threshold },
      {
        heading,
        figures,
        ...(isStudies ? { text: judged.studyRule } : {}),
        picture: ({ file: path }) => (isStudies ? Promise.resolve(null) : casePicture(path)),
      },
    );
    sections.push(...own);
  }
  const { name, version, threshold } = about.model;
  const used = result.levels[0]?.evaluation.threshold ?? threshold.value;
  const chosen = used === threshold.value ? threshold.chosen : "given for this evaluation";
  const page = htmlPage({
    title: `${name} ${version}: evaluation`,
    subtitle: `${about.data}. Threshold ${figureText(used)}: ${chosen}.`,
    sections: [...sections, ...challengeSection(result), ...dataSection(judged)],
  });
  await writeFile(file, page);
}
