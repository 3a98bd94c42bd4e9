import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openDatabase } from "./database.ts";
import { DatabaseInUse } from "./embedded-postgres.ts";

let folder = "";
let embeddedDir = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstread-db-"));
  await chmod(folder, 0o755);
  embeddedDir = join(folder, "postgres");
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const HOLDER = `
  import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, "database.ts"))};
  import { addAudit } from ${JSON.stringify(join(import.meta.dirname, "audit.ts"))};
  const { db } = await openDatabase({ embeddedDir: process.argv[2] });
  await addAudit(db, { who: "child", what: "committed", studyInstanceUid: null });
  process.send("open");
`;

/** Another process that opens the database, commits a row, and then only holds it. */
async function startHolder(): Promise<ChildProcess> {
  const script = join(folder, "holder.mts");
  await writeFile(script, HOLDER);
  const child = fork(script, [embeddedDir], { execArgv: [] });
  await once(child, "message");
  return child;
}

const postmasterPid = async () =>
  Number((await readFile(join(embeddedDir, "cluster", "postmaster.pid"), "utf8")).split("\n")[0]);

describe("the embedded PostgreSQL", () => {
  it("is made on first use, syncs what it commits, listens on no network, and keeps its data", async () => {
    const first = await openDatabase({ embeddedDir });
    const { rows } = await sql<{ fsync: string; commit: string; listen: string }>`SELECT
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('listen_addresses') AS listen`.execute(first.db);
    expect(rows).toEqual([{ fsync: "on", commit: "on", listen: "" }]);
    await first.db.insertInto("audit").values({ who: "test", what: "kept" }).execute();
    await first.close();
    const second = await openDatabase({ embeddedDir });
    expect(await second.db.selectFrom("audit").select(["who", "what"]).execute()).toEqual([
      { who: "test", what: "kept" },
    ]);
    await second.close();
  });

  it("refuses a second owner, and is taken over when the first is killed", async () => {
    const child = await startHolder();
    const pid = await postmasterPid();
    await expect(openDatabase({ embeddedDir })).rejects.toThrow(DatabaseInUse);
    child.kill("SIGKILL");
    await once(child, "exit");
    const taken = await openDatabase({ embeddedDir });
    expect(await postmasterPid()).toBe(pid);
    const committed = await taken.db.selectFrom("audit").select("what").where("who", "=", "child").execute();
    expect(committed).toEqual([{ what: "committed" }]);
    await taken.close();
    await expect(postmasterPid()).rejects.toThrow("ENOENT");
  });

  it("recovers when its own server was killed too", async () => {
    const child = await startHolder();
    process.kill(await postmasterPid(), "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    const open = await openDatabase({ embeddedDir });
    const { count } = await open.db
      .selectFrom("audit")
      .select((on) => on.fn.countAll<number>().as("count"))
      .where("who", "=", "child")
      .executeTakeFirstOrThrow();
    expect(count).toBe(2);
    await open.close();
  });

  it("is not misled by a pid file whose number another program has now", async () => {
    const lie = [process.pid, join(embeddedDir, "cluster"), "1700000000", "5432", "/nowhere", "", ""];
    await writeFile(join(embeddedDir, "cluster", "postmaster.pid"), lie.join("\n"));
    const open = await openDatabase({ embeddedDir });
    await open.close();
  });

  it("is refused by an older program", async () => {
    const open = await openDatabase({ embeddedDir });
    await open.db
      .insertInto("migration")
      .values({ version: 999, name: "from the future", applied_at: new Date() })
      .execute();
    await open.close();
    await expect(openDatabase({ embeddedDir })).rejects.toThrow(
      /database is at version 999; this program knows \d+/,
    );
  });
});

describe("a PostgreSQL of one's own", () => {
  it("that cannot be reached is said so", async () => {
    const url = "postgres://firstread@127.0.0.1:1/firstread";
    await expect(openDatabase({ url })).rejects.toThrow(
      /The database cannot be reached: .*Check database\.url/,
    );
  });
});
