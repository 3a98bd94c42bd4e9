/**
 * @file Claims that end by themselves: a study that its reader left goes back on the list, so that no patient
 * waits for a window that somebody forgot to close.
 *
 * By the database's clock, and by whichever process looks first: each ends once. A claim made elsewhere (by
 * DICOM) ends by the same rule.
 */
import type { Kysely } from "kysely";

import { expireClaims } from "../store/readings.ts";
import type { Database } from "../store/schema.ts";
import { nextReading } from "../triage/lifecycle.ts";
import { errorText, studyTag, type Log } from "./log.ts";

const EXPIRING = { from: "claimed", to: nextReading("claimed", "expire") } as const;
const LONGEST_REST_MS = 30_000;
/** Of a claim's time: so much later than said it may end. */
const LATENESS = 0.1;

/** Look for claims that have ended, until stopped. */
export function watchClaims(db: Kysely<Database>, claimMinutes: number, log: Log): { stop(): Promise<void> } {
  const restMs = Math.min(LONGEST_REST_MS, claimMinutes * 60_000 * LATENESS);
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const uid of await expireClaims(db, claimMinutes, EXPIRING)) {
      log("info", "a claim has ended", { study: studyTag(uid) });
    }
  };
  const timer = setInterval(() => {
    looking = looking
      .then(look)
      .catch((error: unknown) => log("error", "claims were not looked at", { reason: errorText(error) }));
  }, restMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
