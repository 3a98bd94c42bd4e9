/**
 * @file Tells the watchers of a study that it grew: at once, then at most a few times a second.
 *
 * One notification an instance would be hundreds a second, each of which takes PostgreSQL's one lock for
 * notifications; a page needs none of that to show a number growing.
 */
import type { Kysely } from "kysely";

import { notifyStudy } from "./notifications.ts";
import type { Database } from "./schema.ts";

const INTERVAL_MS = 250;

export class StudyAnnouncer {
  readonly #db: Kysely<Database>;
  /** Studies announced within the last interval, and whether they grew since. */
  readonly #recent = new Map<string, { timer: NodeJS.Timeout; grew: boolean }>();
  #last: Promise<void> = Promise.resolve();

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  announce(studyInstanceUid: string): void {
    const recent = this.#recent.get(studyInstanceUid);
    if (recent !== undefined) recent.grew = true;
    else this.#send(studyInstanceUid);
  }

  #send(studyInstanceUid: string): void {
    // A notification that is lost loses nothing: watchers look by themselves from time to time.
    this.#last = notifyStudy(this.#db, studyInstanceUid).catch(() => undefined);
    const timer = setTimeout(() => {
      const grew = this.#recent.get(studyInstanceUid)?.grew ?? false;
      this.#recent.delete(studyInstanceUid);
      if (grew) this.#send(studyInstanceUid);
    }, INTERVAL_MS);
    this.#recent.set(studyInstanceUid, { timer, grew: false });
  }

  /** Says what is still unsaid, and waits until it is said. */
  async close(): Promise<void> {
    const unsaid = [...this.#recent].filter(([, { grew }]) => grew).map(([uid]) => uid);
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
    await this.#last;
    for (const uid of unsaid) await notifyStudy(this.#db, uid).catch(() => undefined);
  }
}
