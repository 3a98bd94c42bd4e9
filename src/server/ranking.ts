/**
 * @file The ranked list in memory, kept in order study by study: what a change costs does not grow with sorting.
 *
 * The order is `rankWorklist`'s (a test holds the two together over random changes). Each study knows when time
 * alone changes it next; `advance` looks at those that are due, and at no others.
 */
import type { WorklistCounts } from "../domain/api.ts";
import type { Policy } from "../domain/policy.ts";
import { TIERS, type Priority, type RankedItem, type Tier, type WorklistItem } from "../domain/worklist.ts";
import { isSuspected, SKEW_TOLERANCE_MS } from "../triage/conditions.ts";
import { decide, tierIndex, type Decision } from "../triage/decide.ts";
import { reasonFor } from "../triage/prioritize.ts";
import { standsAtMs } from "../triage/rank.ts";
import {
  ANALYSIS_STATES,
  READING_STATES,
  searchText,
  searchWords,
  type StudyState,
} from "../triage/search.ts";
import { DueHeap } from "./due-heap.ts";
import { TextIndex } from "./text-index.ts";

/** How long a study that was read stays on the list. */
export const READ_STAYS_MS = 24 * 60 * 60 * 1000;
/** Behind every tier. */
const READ_GROUP = 99;

interface Entry {
  readonly item: WorklistItem;
  readonly decision: Decision;
  /** The tier's index, or `READ_GROUP`. */
  readonly group: number;
  readonly atMs: number;
  /** When time alone changes it; null: never. */
  readonly dueMs: number | null;
  readonly isSuspected: boolean;
  readonly facets: number;
  /** Of the text that it is found by. */
  readonly slot: number;
  /** Made when first asked for. */
  priority: Priority | null;
}

/** Which rows are wanted. What is left out does not bind. */
export interface RankingQuery {
  /** All words of it must occur. */
  readonly text?: string;
  readonly tiers?: readonly Tier[];
  /** Any of them. */
  readonly states?: readonly StudyState[];
  readonly suspected?: boolean;
  readonly reader?: string;
  readonly offset: number;
  readonly limit: number;
}

export interface RankingPage {
  readonly rows: readonly RankedItem[];
  /** How many rows the query has in all. */
  readonly total: number;
}

/** A study whose tier is another than before; `tier` and `rank` are null when it left the unread. */
export interface TierChange {
  readonly studyInstanceUid: string;
  readonly tier: Tier | null;
  readonly reason: string;
  readonly rank: number | null;
  readonly unread: number;
}

const tierOf = ({ item, decision }: Entry): Tier | null => (item.reading === "read" ? null : decision.tier);

function compare(a: Entry, b: Entry): number {
  if (a.group !== b.group) return a.group - b.group;
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  const [first, second] = [a.item.studyInstanceUid, b.item.studyInstanceUid];
  return first === second ? 0 : first < second ? -1 : 1;
}

export class Ranking {
  #policy: Policy;
  #order: Entry[] = [];
  /** The entries' slots and facets in the same order: searches and filters touch no entry that is not asked for. */
  #slots: number[] = [];
  #facets: number[] = [];
  #texts = new TextIndex();
  readonly #byUid = new Map<string, Entry>();
  #due = new DueHeap<Entry>();
  /** Studies whose tier has changed since it was last asked, and the tier before. */
  readonly #changed = new Map<string, Tier | null>();
  #unread = 0;
  #waiting = 0;
  #suspected = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  get size(): number {
    return this.#order.length;
  }

  /** How many studies are unread: they stand first. */
  get unread(): number {
    return this.#unread;
  }

  /** When time alone changes something next, in milliseconds since 1970; null: never. */
  get nextDueMs(): number | null {
    return this.#due.nextMs;
  }

  /**
   * Take the whole list anew.
   *
   * @param lastTiers what was known of the studies' tiers before; a study that is not in it is new
   */
  replaceAll(
    items: readonly WorklistItem[],
    policy: Policy,
    nowMs: number,
    lastTiers: ReadonlyMap<string, Tier | null> = this.#tiers(),
  ): void {
    this.#policy = policy;
    this.#byUid.clear();
    this.#texts = new TextIndex();
    [this.#unread, this.#waiting, this.#suspected] = [0, 0, 0];
    this.#due = new DueHeap();
    this.#changed.clear();
    for (const item of items) {
      const entry = this.#enter(item, nowMs, null);
      if (!entry) continue;
      const last = lastTiers.get(item.studyInstanceUid) ?? null;
      if (tierOf(entry) !== last) this.#changed.set(item.studyInstanceUid, last);
    }
    this.#order = [...this.#byUid.values()].sort(compare);
    this.#slots = this.#order.map(({ slot }) => slot);
    this.#facets = this.#order.map(({ facets }) => facets);
    this.#texts.join();
  }

  /** Take one study's row. */
  put(item: WorklistItem, nowMs: number): void {
    const uid = item.studyInstanceUid;
    const before = this.#byUid.get(uid);
    const last = before ? tierOf(before) : null;
    if (before) this.#leave(before);
    const entry = this.#enter(item, nowMs, before?.slot ?? null);
    if (entry) {
      const place = this.#place(entry);
      this.#order.splice(place, 0, entry);
      this.#slots.splice(place, 0, entry.slot);
      this.#facets.splice(place, 0, entry.facets);
    } else if (before) this.#texts.remove(before.slot);
    if ((entry ? tierOf(entry) : null) !== last && !this.#changed.has(uid)) this.#changed.set(uid, last);
  }

  /** Let time pass: promote what has waited too long, let go what was read long ago. */
  advance(nowMs: number): void {
    for (let entry = this.#due.take(nowMs); entry !== null; entry = this.#due.take(nowMs)) {
      if (this.#byUid.get(entry.item.studyInstanceUid) === entry) this.put(entry.item, nowMs);
    }
  }

  /** The studies whose tier has changed since the last call, with their places now. */
  takeChanges(): TierChange[] {
    const changes: TierChange[] = [];
    for (const [uid, last] of this.#changed) {
      const entry = this.#byUid.get(uid);
      const tier = entry ? tierOf(entry) : null;
      if (tier === last) continue;
      const rank = entry && tier !== null ? this.#place(entry) + 1 : null;
      const reason = entry && tier !== null ? this.#priorityOf(entry).reason : "";
      changes.push({ studyInstanceUid: uid, tier, reason, rank, unread: this.#unread });
    }
    this.#changed.clear();
    return changes;
  }

  /** Everything, in order. */
  ranked(nowMs: number): RankedItem[] {
    this.advance(nowMs);
    return this.#order.map((entry, index) => this.#row(entry, index));
  }

  /** One study's row with its place, or null when it is not on the list. */
  rankOf(studyInstanceUid: string, nowMs: number): RankedItem | null {
    this.advance(nowMs);
    const entry = this.#byUid.get(studyInstanceUid);
    return entry ? this.#row(entry, this.#place(entry)) : null;
  }

  /** A part of the list, in order; ranks are those in the whole. */
  page(query: RankingQuery, nowMs: number): RankingPage {
    this.advance(nowMs);
    const { offset, limit } = query;
    const words = searchWords(query.text ?? "");
    const masks = masksOf(query);
    const { reader } = query;
    const [from, to] = this.#span(query);
    if (masks.length === 0 && words.length === 0 && reader === undefined) {
      const rows = this.#order.slice(Math.min(from + offset, to), Math.min(from + offset + limit, to));
      return { total: to - from, rows: rows.map((entry, i) => this.#row(entry, from + offset + i)) };
    }
    const found = words.length === 0 ? null : this.#texts.find(words);
    const rows: RankedItem[] = [];
    let total = 0;
    for (let index = from; index < to; index++) {
      if (found !== null && found[this.#slots[index] ?? 0] !== 1) continue;
      if (!hasOneOfEach(this.#facets[index] ?? 0, masks)) continue;
      if (reader !== undefined && this.#order[index]?.item.reader !== reader) continue;
      const entry = total >= offset && rows.length < limit ? this.#order[index] : undefined;
      if (entry) rows.push(this.#row(entry, index));
      total += 1;
    }
    return { rows, total };
  }

  counts(): WorklistCounts {
    const [unread, waiting, suspected] = [this.#unread, this.#waiting, this.#suspected];
    return { all: this.#order.length, unread, waiting, suspected };
  }

  #tiers(): Map<string, Tier | null> {
    return new Map([...this.#byUid].map(([uid, entry]) => [uid, tierOf(entry)]));
  }

  /** Where the wanted rows can be: one tier's, the unread, the read, or all. */
  #span({ tiers, states }: RankingQuery): readonly [from: number, to: number] {
    if (tiers?.length === 1 && tiers[0] !== undefined) {
      const group = tierIndex(tiers[0]);
      return [this.#firstOf(group), this.#firstOf(group + 1)];
    }
    if (states?.length === 1 && states[0] === "read") return [this.#unread, this.#order.length];
    const onlyUnread =
      tiers !== undefined || states?.every((state) => state === "waiting" || state === "claimed");
    return [0, onlyUnread === true ? this.#unread : this.#order.length];
  }

  /**
   * @param slot of its text so far
   * @returns null for a study that was read too long ago to be listed
   */
  #enter(item: WorklistItem, nowMs: number, slot: number | null): Entry | null {
    const isRead = item.reading === "read";
    const arrivedMs = Date.parse(item.arrivedAt);
    const readMs = Date.parse(item.readAt ?? item.arrivedAt);
    const gone = readMs + READ_STAYS_MS;
    if (isRead && gone <= nowMs) return null;
    const decision = decide(item, this.#policy, standsAtMs(item, nowMs));
    const suspected = isSuspected(item);
    const entry: Entry = {
      ...{ item, decision, priority: null, isSuspected: suspected, slot: this.#keepText(item, slot) },
      facets: facetsOf(item, decision.tier, suspected),
      group: isRead ? READ_GROUP : tierIndex(decision.tier),
      atMs: isRead ? -readMs : arrivedMs,
      dueMs: isRead ? gone : dueOf(decision, arrivedMs, nowMs),
    };
    this.#byUid.set(item.studyInstanceUid, entry);
    this.#count(entry, 1);
    if (entry.dueMs !== null) this.#due.add(entry.dueMs, entry);
    return entry;
  }

  #keepText(item: WorklistItem, slot: number | null): number {
    const text = searchText(item);
    if (slot === null) return this.#texts.add(text);
    this.#texts.replace(slot, text);
    return slot;
  }

  #leave(entry: Entry): void {
    const place = this.#place(entry);
    this.#order.splice(place, 1);
    this.#slots.splice(place, 1);
    this.#facets.splice(place, 1);
    this.#byUid.delete(entry.item.studyInstanceUid);
    this.#count(entry, -1);
  }

  #count({ group, item, isSuspected: suspected }: Entry, by: 1 | -1): void {
    if (group === READ_GROUP) return;
    this.#unread += by;
    if (item.reading === "waiting") this.#waiting += by;
    if (suspected) this.#suspected += by;
  }

  /** The index of an entry, or where it would stand. */
  #place(entry: Entry): number {
    return this.#search((other) => compare(other, entry) < 0);
  }

  #firstOf(group: number): number {
    return this.#search((other) => other.group < group);
  }

  #search(isBefore: (entry: Entry) => boolean): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#order[middle];
      if (entry && isBefore(entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #row(entry: Entry, index: number): RankedItem {
    return { item: entry.item, priority: this.#priorityOf(entry), rank: index + 1 };
  }

  #priorityOf(entry: Entry): Priority {
    const { item, decision, dueMs } = entry;
    // As of a moment at which it was so: the words change with the tier, or when a future arrival has come.
    const asOfMs = standsAtMs(item, dueMs === null ? Infinity : dueMs - 1);
    entry.priority ??= { tier: decision.tier, reason: reasonFor(item, decision, asOfMs) };
    return entry.priority;
  }
}

/** When a study's tier, or what is said of its arrival, changes by time alone. */
function dueOf({ changesAtMs }: Decision, arrivedMs: number, nowMs: number): number | null {
  const known = arrivedMs - SKEW_TOLERANCE_MS;
  if (known <= nowMs) return changesAtMs;
  return changesAtMs === null ? known : Math.min(changesAtMs, known);
}

/** A study's facets, a bit each: what filters ask for. */
const FACETS: readonly string[] = [
  ...READING_STATES,
  ...ANALYSIS_STATES,
  "suspected",
  "not suspected",
  ...TIERS,
];
const bitOf = (facet: string): number => 1 << FACETS.indexOf(facet);
const suspicionOf = (isSuspected: boolean): string => (isSuspected ? "suspected" : "not suspected");
const bitsOf = (facets: readonly string[]): number => facets.reduce((bits, facet) => bits | bitOf(facet), 0);

/** The tier of a study that was read is not asked for. */
function facetsOf({ reading, analysis }: WorklistItem, tier: Tier, suspected: boolean): number {
  return bitsOf([reading, analysis, suspicionOf(suspected), ...(reading === "read" ? [] : [tier])]);
}

/** Of the facets of each mask a wanted study has one; words, the reader and the span aside. */
function masksOf({ tiers, states, suspected }: RankingQuery): number[] {
  const masks: number[] = [];
  if (tiers && tiers.length !== 1) masks.push(bitsOf(tiers));
  const isSpan = tiers === undefined && states?.length === 1 && states[0] === "read";
  if (states && !isSpan) masks.push(bitsOf(states));
  if (suspected !== undefined) masks.push(bitOf(suspicionOf(suspected)));
  return masks;
}

function hasOneOfEach(facets: number, masks: readonly number[]): boolean {
  for (const mask of masks) if ((facets & mask) === 0) return false;
  return true;
}
