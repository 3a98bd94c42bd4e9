/**
 * @file The labels of CQ500 (Chilamkurthy et al., "Deep learning algorithms for detection of critical findings in head
 * CT scans", Lancet 2018): three radiologists' reads and a published algorithm's probabilities of 491 exams.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { csvValues } from "../../model/dataset/csv.ts";
import type { ScoredCase } from "../../triage/queueing/roc.ts";

const READS = "reads.csv";
const PROBABILITIES = "prediction_probabilities.csv";
const READERS = ["R1:ICH", "R2:ICH", "R3:ICH"] as const;
/** Of three readers. */
const MAJORITY = 2;

/** The rows of a table by their `name`, with the columns asked for as numbers. */
async function columnsByName(file: string, columns: readonly string[]): Promise<Map<string, number[]>> {
  const [head = "", ...lines] = (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  const names = csvValues(head);
  const at = ["name", ...columns].map((column) => {
    const index = names.indexOf(column);
    if (index < 0) throw new Error(`${file}: a column ${column} is expected among ${names.join(", ")}`);
    return index;
  });
  return new Map(
    lines.map((line, i) => {
      const values = csvValues(line);
      const [name = "", ...numbers] = at.map((index) => values[index] ?? "");
      const parsed = numbers.map(Number);
      if (numbers.includes("") || parsed.some(Number.isNaN)) {
        throw new Error(`${file}, line ${i + 2}: numbers are expected, not ${numbers.join(", ")}`);
      }
      return [name, parsed];
    }),
  );
}

/**
 * Every exam that both tables have; diseased when two of the three radiologists saw a hemorrhage.
 * @throws Error naming the file, what was expected and what came
 */
export async function readCq500(folder: string): Promise<ScoredCase[]> {
  const [reads, probabilities] = await Promise.all([
    columnsByName(join(folder, READS), READERS),
    columnsByName(join(folder, PROBABILITIES), ["ICH"]),
  ]);
  return [...probabilities].flatMap(([name, [probability = 0]]) => {
    const votes = reads.get(name);
    if (!votes) return [];
    return [{ probability, isDiseased: votes.reduce((sum, vote) => sum + vote, 0) >= MAJORITY }];
  });
}
