/**
 * @file The two lives of a study as transition tables: what the machine does with it, what readers do.
 *
 * They are independent: a reader may claim a study that is still being scored, and instances that come
 * late reopen the analysis without taking the study out of a reader's hands.
 */
import type { AnalysisState, ReadingState } from "../domain/worklist.ts";

export type AnalysisEvent =
  | "instance-arrived"
  | "quiet"
  | "scoring-started"
  | "finding"
  | "not-a-head"
  | "failure"
  | "worker-lost"
  | "rescore";

export type ReadingEvent = "claim" | "release" | "expire" | "read" | "reopen";

type Table<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

export const ANALYSIS: Table<AnalysisState, AnalysisEvent> = {
  arriving: { "instance-arrived": "arriving", quiet: "settled" },
  settled: { "instance-arrived": "arriving", "scoring-started": "scoring" },
  scoring: {
    "instance-arrived": "arriving",
    finding: "scored",
    "not-a-head": "not-applicable",
    failure: "failed",
    "worker-lost": "settled",
  },
  scored: { "instance-arrived": "arriving", rescore: "settled" },
  "not-applicable": { "instance-arrived": "arriving", rescore: "settled" },
  failed: { "instance-arrived": "arriving", rescore: "settled" },
};

export const READING: Table<ReadingState, ReadingEvent> = {
  waiting: { claim: "claimed", read: "read" },
  claimed: { release: "waiting", expire: "waiting", read: "read" },
  read: { reopen: "waiting" },
};

/** An event that the state does not know. */
export class IllegalTransition extends Error {
  constructor(state: string, event: string, known: readonly string[]) {
    super(`A study that is ${state} cannot take "${event}"; it can take: ${known.join(", ")}.`);
    this.name = "IllegalTransition";
  }
}

function next<State extends string, Event extends string>(
  table: Table<State, Event>,
  state: State,
  event: Event,
) {
  const row: Readonly<Partial<Record<Event, State>>> = table[state];
  const to = row[event];
  if (to === undefined) throw new IllegalTransition(state, event, Object.keys(row));
  return to;
}

/** The next state of the analysis. @throws IllegalTransition */
export const nextAnalysis = (state: AnalysisState, event: AnalysisEvent): AnalysisState =>
  next(ANALYSIS, state, event);

/** The states of the analysis in which an event can happen. */
export const statesThatTake = (event: AnalysisEvent): AnalysisState[] =>
  (Object.keys(ANALYSIS) as AnalysisState[]).filter((state) => ANALYSIS[state][event] !== undefined);

/** The next state of the reading. @throws IllegalTransition */
export const nextReading = (state: ReadingState, event: ReadingEvent): ReadingState =>
  next(READING, state, event);
