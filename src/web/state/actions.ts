/**
 * @file What a reader does with a study. The row changes when the server says so (its event), never before.
 */
import type { ReaderAction } from "../../domain/api.ts";
import type { Tier } from "../../domain/worklist.ts";
import { ApiError, act, sendFeedback, setPriority } from "../api/client.ts";
import { notify } from "./notices.ts";
import { readerName } from "./reader.ts";
import { worklist } from "./session.ts";

/** What waits for the reader's name. */
type Pending = () => void;
let askForName: (then: Pending) => void = (then) => then();

/** Told by the app how to ask for a name. */
export function onNameNeeded(ask: (then: Pending) => void): void {
  askForName = ask;
}

/** Plain words for what went wrong. A refused claim names who has the study. */
export function plainWords(error: unknown, uid: string, me: string): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const row = worklist.snapshot().byUid.get(uid)?.item;
  if (error.status === 409 && row?.reading === "claimed" && row.reader !== null && row.reader !== me) {
    return `${row.reader} has this study.`;
  }
  if (error.status === 0) return "The server does not answer; nothing was changed.";
  return error.message;
}

/**
 * Do something in the reader's name, which is asked for first where it is not known; what fails is said in a notice.
 *
 * @param words what to say of an error
 */
export async function withReader(
  work: (reader: string) => Promise<void>,
  words: (error: unknown, me: string) => string = (error) => plainWords(error, "", ""),
): Promise<void> {
  const me = readerName();
  if (me === "") {
    askForName(() => void withReader(work, words));
    return;
  }
  try {
    await work(me);
  } catch (error) {
    notify({ kind: "problem", text: words(error, me) });
  }
}

const attempt = (uid: string, work: (reader: string) => Promise<void>): Promise<void> =>
  withReader(work, (error, me) => plainWords(error, uid, me));

export const takeAction = (uid: string, action: ReaderAction): Promise<void> =>
  attempt(uid, (reader) => act(uid, action, reader));

export const giveFeedback = (uid: string, agrees: boolean): Promise<void> =>
  attempt(uid, (reader) => sendFeedback(uid, reader, agrees));

export const givePriority = (uid: string, tier: Tier | null, reason: string): Promise<void> =>
  attempt(uid, (reader) => setPriority(uid, reader, tier, reason));
