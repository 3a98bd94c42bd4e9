/**
 * @file A disk that is really full, for what writes for hours and what must not lose a slice: `dataset prepare`, the
 * checkpoints of `train`, and receiving.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { startDicomListener } from "../src/dicom/net/listener.ts";
import { sendInstances } from "../src/dicom/net/sender.ts";
import type { ManifestEntry } from "../src/model/dataset/manifest.ts";
import { SLICES, writeTestSet } from "../src/model/dataset/test-set.ts";
import { parseReceived } from "../src/dicom/attributes.ts";
import { openDatabase } from "../src/store/database.ts";
import { DiskObjectStore } from "../src/store/objects.ts";
import { recoverReceiving } from "../src/store/receive-recovery.ts";
import { createReceiver } from "../src/store/receive.ts";
import { ctDataSet, ctFile, dataSetOf, newUid } from "./support/ct-file.ts";
import { startFirstread, until } from "./support/firstread.ts";
import { makeFolder } from "./support/running-server.ts";
import { SmallDisk } from "./support/small-disk.ts";
import { WHOLE_NETWORK, writeTinyTraining } from "./support/tiny-training.ts";

const ROOMY_KB = 64 * 1024;

let dir: string;
let disk: SmallDisk | undefined;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-full-disk-"));
});
afterEach(async () => {
  await disk?.remove();
  disk = undefined;
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

describe("dataset prepare", () => {
  it(
    "stops cleanly, keeps whole pictures only, and goes on once there is room",
    { timeout: 180_000 },
    async () => {
      const patients = 60;
      const set = writeTestSet(join(dir, "source"), patients);
      disk = await SmallDisk.open(400);
      const output = join(disk.dir, "set");
      const args = ["dataset", "prepare", set.dir, "--labels", set.labels, "--output", output];
      const full = await startFirstread(...args, "--threads", "1", "--format", "png").ended;
      expect(full.code, full.stderr).toBe(1);
      expect(full.stderr).toContain(
        `${output} is full. What is finished is kept: make room and run the same command again.`,
      );
      const entries = manifestOf(output);
      expect(entries.length).toBeGreaterThan(10);
      expect(entries.length).toBeLessThan(patients * SLICES);
      for (const { file, sha256 } of entries)
        expect(
          createHash("sha256")
            .update(readFileSync(join(output, file)))
            .digest("hex"),
        ).toBe(sha256);
      expect(readdirSync(output).filter((name) => name.startsWith(".unfinished"))).toEqual([]);

      const times = entries.map(({ file }) => statSync(join(output, file)).mtimeMs);
      await disk.resize(ROOMY_KB);
      const rest = await startFirstread(...args, "--threads", "1", "--format", "png").ended;
      expect(rest.code, rest.stderr).toBe(0);
      expect(entries.map(({ file }) => statSync(join(output, file)).mtimeMs)).toEqual(times);
      const images = manifestOf(output).map(({ image }) => image);
      expect(images).toHaveLength(patients * SLICES);
      expect(new Set(images)).toEqual(new Set(set.files.keys()));
    },
  );
});

function manifestOf(output: string): ManifestEntry[] {
  const lines = readFileSync(join(output, "manifest.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as ManifestEntry);
}

describe("train", () => {
  it("keeps its last checkpoint, and goes on from it to the same model", { timeout: 180_000 }, async () => {
    const data = await writeTinyTraining(dir, 8, 5);
    const train = (output: string, ...more: string[]): ReturnType<typeof startFirstread> =>
      startFirstread("train", ...data, "--output", output, ...WHOLE_NETWORK, ...more);
    const whole = await train(join(dir, "whole")).ended;
    expect(whole.code, whole.stderr).toBe(0);

    disk = await SmallDisk.open(ROOMY_KB);
    const output = join(disk.dir, "model");
    const stopped = train(output);
    await until(() => stopped.said().includes("epoch 1 of"), stopped);
    stopped.child.kill("SIGINT");
    expect(await stopped.ended).toMatchObject({ code: 1 });
    const checkpoint = join(disk.dir, ".model.checkpoints", "all", "last.ckpt");
    const before = await readFile(checkpoint);

    // Room for half a checkpoint more: the next one cannot be written.
    const { bsize, bavail } = await statfs(disk.dir);
    await writeFile(join(disk.dir, "ballast"), Buffer.alloc(bsize * bavail - (before.length >> 1)));
    const full = await train(output, "--resume").ended;
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/the disk is full.*intact.*make room.*--resume/s);
    expect((await readFile(checkpoint)).equals(before)).toBe(true);
    expect(existsSync(output)).toBe(false);

    await rm(join(disk.dir, "ballast"));
    const resumed = await train(output, "--resume").ended;
    expect(resumed.code, resumed.stderr).toBe(0);
    const model = await readFile(join(output, "model.onnx"));
    expect(model.equals(await readFile(join(dir, "whole", "model.onnx")))).toBe(true);
  });
});

describe("receiving", () => {
  it(
    "acknowledges nothing that it has no room for, and takes it once there is room",
    { timeout: 120_000 },
    async () => {
      const folder = await makeFolder();
      const small = await SmallDisk.open(1024);
      disk = small;
      const database = await openDatabase({ embeddedDir: join(folder, "database") });
      const objects = await DiskObjectStore.open(join(small.dir, "objects"));
      const incomingDir = join(small.dir, "incoming");
      await recoverReceiving({ db: database.db, objects, incomingDir });
      const receiver = createReceiver({ ...database, objects, parseHeader: parseReceived });
      const listener = await startDicomListener({
        ...{ port: 0, aeTitle: "FIRSTREAD", incomingDir },
        onInstance: async (instance) => receiver.receive(instance),
        log: () => undefined,
      });
      try {
        const study = { studyInstanceUid: newUid(), seriesInstanceUid: newUid() };
        const slices = Array.from({ length: 20 }, (_, i) => ({
          ...{ ...study, sopInstanceUid: newUid(), instanceNumber: i + 1 },
          ...{ rows: 256, columns: 256, seed: i + 1 },
        }));
        const send = (): ReturnType<typeof sendInstances> =>
          sendInstances({
            ...{ host: "127.0.0.1", port: listener.port },
            ...{ callingAeTitle: "TESTS", calledAeTitle: "FIRSTREAD", instances: slices.map(ctFile) },
          });
        /** SOP Instance UID → the data set that is kept, of every row. */
        const kept = async (): Promise<Map<string, Buffer>> => {
          const rows = await database.db
            .selectFrom("instance")
            .select(["sop_instance_uid", "object_key"])
            .execute();
          const found = new Map<string, Buffer>();
          for (const { sop_instance_uid: uid, object_key: key } of rows)
            found.set(uid, dataSetOf(Buffer.from(await objects.bytes(key))));
          return found;
        };

        const { sent, failed } = await send();
        expect(sent).toBeGreaterThan(2);
        expect(sent + failed.length).toBe(slices.length);
        // Out of resources (PS3.4 B.2.3).
        expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([0xa700]));
        const refused = new Set(failed.map(({ instance }) => instance));
        const first = await kept();
        expect([...first.keys()].sort()).toEqual(
          slices
            .map(({ sopInstanceUid }) => sopInstanceUid)
            .filter((uid) => !refused.has(uid))
            .sort(),
        );
        for (const slice of slices) {
          const dataSet = first.get(slice.sopInstanceUid);
          if (dataSet) expect(dataSet.equals(ctDataSet(slice))).toBe(true);
        }
        expect(readdirSync(incomingDir)).toEqual([]);

        await small.resize(ROOMY_KB);
        expect(await send()).toEqual({ sent: slices.length, failed: [] });
        const second = await kept();
        for (const slice of slices)
          expect(second.get(slice.sopInstanceUid)?.equals(ctDataSet(slice))).toBe(true);
      } finally {
        await listener.close();
        await receiver.close();
        await database.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
