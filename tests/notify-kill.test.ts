/**
 * @file No notice is lost: a real `kill -9` of the server while its findings are told, then a restart on what it
 * left. Every study that was flagged is told, each message under one id however often it was sent.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { sendInstances } from "../src/dicom/net/sender.ts";
import { studyTag } from "../src/server/log.ts";
import { SECRET, startNoticeReceiver, type NoticeReceiver } from "./support/notice-receiver.ts";
import {
  getWorklist,
  makeFolder,
  startTestServer,
  StubScorer,
  studyFiles,
} from "./support/running-server.ts";

const STUDIES = 12;

let receiver: NoticeReceiver;
let dataDir: string;
beforeAll(async () => {
  receiver = await startNoticeReceiver();
  dataDir = await makeFolder();
});
afterAll(async () => {
  await receiver.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe("kill -9 while notices go out", () => {
  it("loses none: what was flagged is told after the restart", async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "support", "notify-child.ts"), dataDir, receiver.url],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = once(child, "exit");
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    // The fourth notice is here and never answered: the sender dies with it under way, others are still queued.
    receiver.onNotice = () => {
      if (receiver.received.length !== 4) return;
      receiver.status = null;
      child.kill("SIGKILL");
    };
    const instances = Array.from({ length: STUDIES }, (_, n) => studyFiles(`1.5.${n}`, 1)).flat();
    const target = { host: "127.0.0.1", port: Number(port.toString()) };
    await sendInstances({ ...target, callingAeTitle: "TESTS", calledAeTitle: "FIRSTREAD", instances }).catch(
      () => undefined, // killed while it still received: what it did not acknowledge was never ours
    );
    await exited;
    receiver.status = 204;

    const scorer = new StubScorer();
    scorer.otherwise = { kind: "finding", probability: 0.9 };
    const channel = {
      name: "pager",
      kind: "webhook",
      url: receiver.url,
      secret: SECRET,
      events: ["flagged"],
    };
    const server = await startTestServer({
      ...{ dataDir, settleSeconds: 0.1, parts: { openScorer: async () => scorer, webDir: "/nowhere" } },
      config: { notify: { channels: [{ ...channel, timeoutSeconds: 1 }] } },
    });
    try {
      const untold = async (): Promise<string[]> => {
        const { items } = await getWorklist(server);
        const told = new Set(receiver.received.map(({ reference }) => reference));
        const uids = items.map(({ studyInstanceUid }) => studyInstanceUid);
        return items.some(({ analysis }) => analysis !== "scored")
          ? uids
          : uids.filter((uid) => !told.has(studyTag(uid)));
      };
      await expect.poll(untold, { timeout: 40_000, interval: 100 }).toEqual([]);
      // The one that was under way when its sender died comes again, under its own id.
      const killedWith = receiver.received[3];
      await expect
        .poll(() => receiver.received.filter(({ id }) => id === killedWith?.id).length, { timeout: 40_000 })
        .toBeGreaterThan(1);
      const idsOf = Map.groupBy(receiver.received, ({ reference }) => reference);
      for (const notices of idsOf.values()) expect(new Set(notices.map(({ id }) => id)).size).toBe(1);
      expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
    } finally {
      await server.stop();
    }
  }, 120_000);
});
