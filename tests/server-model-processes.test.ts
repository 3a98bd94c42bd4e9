/**
 * @file Another model where page and worker are processes of their own: chosen at the page's, scored with by the
 * worker's. One PostgreSQL, one folder of objects.
 */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { parseHeader } from "../src/dicom/instance.ts";
import type { WorklistItem } from "../src/domain/worklist.ts";
import { savePackage } from "../src/model/package.ts";
import type { PackageParts } from "../src/model/package.ts";
import { tinyPackage } from "../src/model/test-package.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { drawIdentity } from "../src/phantom/identities.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { Random } from "../src/phantom/random.ts";
import type { RunningServer } from "../src/server/main.ts";
import { openDatabase } from "../src/store/database.ts";
import type { OpenDatabase } from "../src/store/database.ts";
import { startFirstread } from "./support/firstread.ts";
import type { RunningCommand } from "./support/firstread.ts";
import { getWorklist, makeFolder, post, send, untilItem } from "./support/running-server.ts";

const SCORING_MS = 120_000;

let folder: string;
let database: OpenDatabase;
let url: string;
const processes: RunningCommand[] = [];

/** A small head, a study of its own. */
function head(ordinal: number): Uint8Array[] {
  const identity = { ageYears: 60, studyAt: "2026-03-06T20:00:00", ordinal, description: "CT HEAD" };
  return phantomToDicom(
    generatePhantom({ seed: 30 + ordinal, bleed: null, rows: 128, sliceThicknessMm: 5, sliceSpacingMm: 10 }),
    drawIdentity(identity, new Random(ordinal + 1)),
  );
}

/** `firstread serve` with these roles, once it says that it runs. */
async function serve(roles: string): Promise<{ server: RunningServer; running: RunningCommand }> {
  const ports = ["--http-port", "0", "--dicom-port", "0", "--settle-seconds", "0.3"];
  const data = ["--data", join(folder, "data"), "--database", url, "--model", join(folder, "one")];
  const running = startFirstread(
    "serve",
    "--role",
    roles,
    ...data,
    ...ports,
    "--threads",
    "1",
    "--log",
    "none",
    "--json",
  );
  processes.push(running);
  const { stdout } = running.child;
  if (!stdout) throw new Error("the server has no output");
  const [line] = (await Promise.race([
    once(stdout, "data"),
    running.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])) as [Buffer];
  return { server: JSON.parse(line.toString()) as RunningServer, running };
}

async function stop({ child, ended }: RunningCommand): Promise<number | null> {
  child.kill("SIGTERM");
  return (await ended).code;
}

beforeAll(async () => {
  folder = await makeFolder();
  vi.stubEnv("XDG_CACHE_HOME", join(folder, ".cache"));
  const make = (name: string, change: Partial<PackageParts["spec"]>) =>
    savePackage(join(folder, name), tinyPackage(change));
  await make("one", { version: "1", threshold: { value: 0.999, chosen: "by hand" } });
  await make("two", { version: "2", threshold: { value: 0, chosen: "by hand" } });
  database = await openDatabase({ embeddedDir: join(folder, "postgres") });
  const { host = "", user = "", password, database: name = "" } = database.connection;
  const account = `${user}:${encodeURIComponent(String(password))}`;
  url = `postgres://${account}@localhost/${name}?host=${encodeURIComponent(host)}`;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const { child, ended } of processes) {
    child.kill("SIGKILL");
    await ended;
  }
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

it("is chosen at the page's process and scored with by the worker's", { timeout: 300_000 }, async () => {
  const page = (await serve("web,receiver")).server;
  const worker = await serve("worker");
  expect([worker.server.httpPort, worker.server.dicomPort]).toEqual([0, 0]);
  const [first, second, third] = [head(1), head(2), head(3)];
  const uidOf = ([file = new Uint8Array()]: readonly Uint8Array[]) => parseHeader(file).studyInstanceUid;
  const isScoredBy = (version: string) => (item: WorklistItem) =>
    item.analysis === "scored" && item.finding?.model.version === version;
  await send(page, first);
  const before = await untilItem(page, uidOf(first), isScoredBy("1"), SCORING_MS);
  expect(before.finding?.flagged).toBe(false);

  const chosen = await post(page, "/api/model", { package: join(folder, "two"), who: "Ann", rescore: true });
  expect(chosen).toMatchObject({ status: 200, body: { rescored: 1, inUse: { version: "2", who: "Ann" } } });
  const again = await untilItem(page, uidOf(first), isScoredBy("2"), SCORING_MS);
  expect(again.finding?.flagged).toBe(true);
  await send(page, second);
  await untilItem(page, uidOf(second), isScoredBy("2"), SCORING_MS);
  expect((await getWorklist(page)).model).toEqual({ name: "tiny", version: "2" });

  // A worker that starts later begins with the model that is in use, not with the one it was configured with.
  expect(await stop(worker.running)).toBe(0);
  await send(page, third);
  await serve("worker");
  await untilItem(page, uidOf(third), isScoredBy("2"), SCORING_MS);
});
