/**
 * @file The door to the database: an embedded PostgreSQL in a folder, or the user's own by URL.
 */
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { migrate } from "./migrations.ts";
import type { Database } from "./schema.ts";

/** The oldest PostgreSQL whose SQL we use, as `server_version_num` counts. */
const OLDEST_SERVER = 150_000;
const POOL_SIZE = 12;

export type DatabaseLocation = { readonly url: string } | { readonly embeddedDir: string };

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  /** For connections outside the pool: `LISTEN`. */
  readonly connection: pg.PoolConfig;
  close(): Promise<void>;
}

/** PostgreSQL's type number of `bigint`. */
const BIGINT: number = pg.types.builtins.INT8;

/** `bigint` columns here count instances and bytes: a JavaScript number holds them exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text") =>
    oid === BIGINT
      ? Number
      : (pg.types.getTypeParser(oid, format) as unknown)) as typeof pg.types.getTypeParser,
};

/**
 * Open the database and bring its schema up to date.
 *
 * @throws DatabaseInUse when another FirstRead holds the embedded folder; Error when the server cannot be
 *   reached, is older than PostgreSQL 15, or its schema is newer than this program.
 */
export async function openDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  const embedded = "embeddedDir" in location ? await startEmbeddedPostgres(location.embeddedDir) : null;
  const connection: pg.PoolConfig = embedded?.connection ?? {
    connectionString: "url" in location ? location.url : "",
  };
  const pool = new pg.Pool({ ...connection, types, max: POOL_SIZE });
  // A connection that breaks while idle is replaced by the pool; the error belongs to nobody.
  pool.on("error", () => undefined);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await db.destroy();
    await embedded?.stop();
  };
  try {
    await refuseOldServer(pool);
    await migrate(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, connection, close };
}

async function refuseOldServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool
    .query<{ server_version_num: string }>("SHOW server_version_num")
    .catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The database cannot be reached: ${why}. Check database.url.`, { cause });
    });
  const version = Number(rows[0]?.server_version_num);
  if (!(version >= OLDEST_SERVER)) {
    throw new Error(`PostgreSQL 15 or newer is needed; the server's version number is ${version}.`);
  }
}
