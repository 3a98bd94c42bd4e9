/**
 * @file Which studies are meant: by words, by state, by reader. The server's pages and the list use the same.
 */
import type { AnalysisState, ReadingState, WorklistItem } from "../domain/worklist.ts";

/** Lower case without accents, so that "muller" finds "Müller". */
export const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The words of a query. */
export const searchWords = (text: string): string[] => fold(text).split(/\s+/).filter(Boolean);

/** What a study is found by, folded: name, ID, accession, description, reader, UID. One line each. */
export function searchText(item: WorklistItem): string {
  const { patient, accessionNumber, description, studyInstanceUid, reader } = item;
  const name = patient.name.replace(/\^+/g, " ");
  return fold([name, patient.id, accessionNumber, description, reader ?? "", studyInstanceUid].join("\n"));
}

/** Whether every word occurs in a folded text. A plain loop: a search asks it 100,000 times. */
export function hasWords(text: string, words: readonly string[]): boolean {
  for (const word of words) if (!text.includes(word)) return false;
  return true;
}

export const READING_STATES: readonly ReadingState[] = ["waiting", "claimed", "read"];
export const ANALYSIS_STATES: readonly AnalysisState[] = [
  ...(["arriving", "settled", "scoring", "scored", "not-applicable", "failed"] as const),
];
export type StudyState = ReadingState | AnalysisState;
