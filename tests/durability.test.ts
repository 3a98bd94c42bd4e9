/**
 * @file What is acknowledged is kept: a real `kill -9` of `firstread serve` in the middle of a C-STORE of 300
 * slices, several times, once with its database too; then a restart that scores what came.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openDatabase } from "../src/store/database.ts";
import { DiskObjectStore } from "../src/store/objects.ts";
import { recoverReceiving } from "../src/store/receive-recovery.ts";
import { ctDataSet, ctFile, dataSetOf, newUid } from "./support/ct-file.ts";
import { hasDcmtk, peerEnv } from "./support/peers.ts";
import { makeFolder, startTestServer, untilItem } from "./support/running-server.ts";

const SLICES = 300;

let scratch: string;
let dataDir: string;
beforeAll(async () => {
  scratch = await makeFolder();
  dataDir = join(scratch, "data");
});
afterAll(async () => rm(scratch, { recursive: true, force: true }));

/** `firstread serve`, only receiving, on a free port. */
async function serve(): Promise<{ child: ChildProcess; port: number }> {
  const main = join(import.meta.dirname, "..", "src", "cli", "main.ts");
  const options = ["--json", "--role", "receiver", "--dicom-port", "0", "--log", "none"];
  const child = spawn(process.execPath, [main, "serve", "--data", dataDir, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: (JSON.parse(line.toString()) as { dicomPort: number }).dicomPort };
}

interface Study {
  readonly folder: string;
  readonly studyInstanceUid: string;
  /** File name → SOP Instance UID and data set. */
  readonly slices: ReadonlyMap<string, { sopInstanceUid: string; dataSet: Buffer }>;
}

async function writeStudy(): Promise<Study> {
  const study = { studyInstanceUid: newUid(), seriesInstanceUid: newUid() };
  const folder = join(scratch, study.studyInstanceUid);
  await mkdir(folder);
  const slices = new Map<string, { sopInstanceUid: string; dataSet: Buffer }>();
  for (let instanceNumber = 1; instanceNumber <= SLICES; instanceNumber += 1) {
    const slice = {
      ...study,
      sopInstanceUid: newUid(),
      instanceNumber,
      rows: 256,
      columns: 256,
      seed: instanceNumber,
    };
    const name = `${String(instanceNumber).padStart(3, "0")}.dcm`;
    await writeFile(join(folder, name), ctFile(slice));
    slices.set(name, { sopInstanceUid: slice.sopInstanceUid, dataSet: ctDataSet(slice) });
  }
  return { folder, studyInstanceUid: study.studyInstanceUid, slices };
}

/**
 * Sends with `storescu -v` and calls back at each success it prints.
 * @returns the file names it saw acknowledged.
 */
async function store(
  folder: string,
  port: number,
  onAcknowledged: (count: number) => void,
): Promise<string[]> {
  const args = ["-v", "-aec", "FIRSTREAD", "+sd", "127.0.0.1", String(port), folder];
  // Line by line: the program may die with its peer, and what it said before must not be lost in a buffer.
  const child = spawn("stdbuf", ["-oL", "-eL", "storescu", ...args], {
    env: peerEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const acknowledged: string[] = [];
  let current = "";
  const read = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      const sending = /Sending file: (.*)$/.exec(line)?.[1];
      if (sending !== undefined) current = basename(sending);
      if (line.includes("Received Store Response (Success)")) onAcknowledged(acknowledged.push(current));
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr), once(child, "exit")]);
  return acknowledged;
}

/** What the folder holds after a restart: SOP Instance UID → the kept data set, of rows only. */
async function afterRestart(studyInstanceUid: string) {
  const database = await openDatabase({ embeddedDir: join(dataDir, "postgres") });
  try {
    const objects = await DiskObjectStore.open(join(dataDir, "objects"));
    const incomingDir = join(dataDir, "incoming");
    const recovery = await recoverReceiving({ db: database.db, objects, incomingDir });
    const rows = await database.db
      .selectFrom("instance")
      .select(["sop_instance_uid", "object_key"])
      .where("study_instance_uid", "=", studyInstanceUid)
      .execute();
    const kept = new Map<string, Buffer>();
    for (const row of rows) {
      kept.set(row.sop_instance_uid, dataSetOf(Buffer.from(await objects.bytes(row.object_key))));
    }
    const study = await database.db
      .selectFrom("study")
      .select(["instance_count", "analysis"])
      .where("study_instance_uid", "=", studyInstanceUid)
      .executeTakeFirst();
    const keys = await database.db.selectFrom("instance").select("object_key").execute();
    const known = new Set(keys.map((row) => row.object_key));
    const strays: string[] = [];
    for await (const { key } of objects.list()) if (!known.has(key)) strays.push(key);
    return { recovery, kept, study, strays, incoming: await readdir(incomingDir) };
  } finally {
    await database.close();
  }
}

describe.skipIf(!hasDcmtk)("kill -9 during a C-STORE of 300 slices (DCMTK must be installed)", () => {
  it.each([
    ["at the first", 1, false],
    ["early", 37, false],
    ["in the middle, the database too", 150, true],
    ["late", 271, false],
  ])(
    "keeps every acknowledged slice: %s",
    async (_name, killAfter, databaseToo) => {
      const study = await writeStudy();
      const { child, port } = await serve();
      const exited = once(child, "exit");
      const acknowledged = await store(study.folder, port, (count) => {
        if (count !== killAfter) return;
        child.kill("SIGKILL");
      });
      await exited;
      if (databaseToo) {
        const pidFile = await readFile(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8");
        process.kill(Number(pidFile.split("\n")[0]), "SIGKILL");
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);
      expect(acknowledged.length).toBeLessThan(SLICES);

      const { recovery, kept, study: row, strays, incoming } = await afterRestart(study.studyInstanceUid);
      const lost = acknowledged.filter((name) => {
        const slice = study.slices.get(name);
        return !(slice && kept.get(slice.sopInstanceUid)?.equals(slice.dataSet));
      });
      expect(lost).toEqual([]);
      // At most the one slice that was under way is here unacknowledged; whatever is here is whole.
      expect(kept.size).toBeLessThanOrEqual(acknowledged.length + 1);
      for (const { sopInstanceUid, dataSet } of study.slices.values()) {
        expect(kept.get(sopInstanceUid)?.equals(dataSet) ?? true).toBe(true);
      }
      expect(row).toEqual({ instance_count: kept.size, analysis: "arriving" });
      expect(recovery.damaged).toEqual([]);
      expect({ strays, incoming }).toEqual({ strays: [], incoming: [] });
    },
    120_000,
  );

  it("goes on where it was cut off, and the study is scored after the restart", async () => {
    const study = await writeStudy();
    const { child, port } = await serve();
    const exited = once(child, "exit");
    await store(study.folder, port, (count) => count === 120 && child.kill("SIGKILL"));
    await exited;

    const server = await startTestServer({ dataDir, settleSeconds: 1 });
    try {
      const partly = await untilItem(server, study.studyInstanceUid, ({ analysis }) => analysis === "scored");
      expect(partly.instanceCount).toBeGreaterThanOrEqual(120);
      expect(partly.instanceCount).toBeLessThan(SLICES);
      // The modality sends all of it again: what is here already changes nothing, the rest reopens the study.
      const again = await store(study.folder, server.dicomPort, () => undefined);
      expect(again).toHaveLength(SLICES);
      const whole = await untilItem(
        server,
        study.studyInstanceUid,
        ({ analysis, instanceCount }) => analysis === "scored" && instanceCount === SLICES,
      );
      expect(whole.finding?.sliceCount).toBe(SLICES);
    } finally {
      await server.stop();
    }
  }, 120_000);
});
