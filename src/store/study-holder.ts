/**
 * @file Holding a study while it is scored: an advisory lock that ends with its holder, however that ends.
 */
import pg from "pg";

/** Advisory locks are numbers: a study's is the hash of its UID, with a seed that is ours. */
const LOCK_KEY = "hashtextextended($1, 7261841)";

/** One worker's locks, on a connection of their own. */
export class StudyHolder {
  readonly #connection: pg.ClientConfig;
  readonly #held = new Set<string>();
  #client: Promise<pg.Client> | null = null;

  constructor(connection: pg.ClientConfig) {
    this.#connection = connection;
  }

  /** The open connection; a broken one is replaced, and what it held is held no more. */
  #open(): Promise<pg.Client> {
    this.#client ??= (async () => {
      const client = new pg.Client({ ...this.#connection, keepAlive: true });
      client.on("error", () => undefined);
      client.once("end", () => {
        this.#held.clear();
        this.#client = null;
      });
      await client.connect();
      return client;
    })();
    this.#client.catch(() => (this.#client = null));
    return this.#client;
  }

  /** Take the study. @returns false when another worker has it, or this one already. */
  async hold(studyInstanceUid: string): Promise<boolean> {
    if (this.#held.has(studyInstanceUid)) return false;
    const client = await this.#open();
    const { rows } = await client.query<{ held: boolean }>(
      `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS held`,
      [studyInstanceUid],
    );
    if (rows[0]?.held !== true) return false;
    this.#held.add(studyInstanceUid);
    return true;
  }

  async letGo(studyInstanceUid: string): Promise<void> {
    if (!this.#held.delete(studyInstanceUid)) return;
    const client = await this.#open();
    await client.query(`SELECT pg_advisory_unlock(${LOCK_KEY})`, [studyInstanceUid]);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    await client?.end();
  }
}
