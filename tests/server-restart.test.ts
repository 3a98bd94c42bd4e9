/**
 * @file What a server that was stopped, or killed, in the middle of its work leaves, and what the next makes of it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, expect, it } from "vitest";

import type { RunningServer } from "../src/server/main.ts";
import {
  getStudy,
  makeFolder,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
} from "./support/running-server.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function folder(): Promise<string> {
  const made = await makeFolder();
  folders.push(made);
  return made;
}

it("a study that was being scored when the server stopped is scored after the next start", async () => {
  const dataDir = await folder();
  const stuck = new StubScorer();
  stuck.hold = () => new Promise(() => undefined);
  const first = await startTestServer({ dataDir, parts: { openScorer: async () => stuck } });
  await send(first, studyFiles("1.2.20", 2));
  await untilItem(first, "1.2.20", (row) => row.analysis === "scoring");
  await expect(startTestServer({ dataDir })).rejects.toThrow(/in use by another FirstRead/);
  await first.stop();

  const second = await startTestServer({ dataDir });
  const item = await untilItem(second, "1.2.20", (row) => row.analysis === "scored");
  expect(item.finding?.sliceCount).toBe(2);
  const { history } = await getStudy(second, "1.2.20");
  expect(history.map(({ what }) => what)).toEqual(["settled", "scored"]);
  await second.stop();
});

it("kill -9 in the middle of scoring: the next start takes the database over and scores the study", async () => {
  const dataDir = await folder();
  const script = join(import.meta.dirname, "support", "stuck-server.ts");
  const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const first = JSON.parse(line.toString()) as RunningServer;
  await send(first, studyFiles("1.2.21", 2));
  await untilItem(first, "1.2.21", (row) => row.analysis === "scoring");
  await post(first, "/api/studies/1.2.21/claim", { reader: "Ann" });
  child.kill("SIGKILL");
  await once(child, "exit");

  const second = await startTestServer({ dataDir });
  const item = await untilItem(second, "1.2.21", (row) => row.analysis === "scored");
  expect(item).toMatchObject({ instanceCount: 2, reading: "claimed", reader: "Ann" });
  const { history } = await getStudy(second, "1.2.21");
  expect(history.map(({ what }) => what)).toEqual(["claimed", "worker lost", "scored"]);
  await second.stop();
});

it("a port that is taken is said so, and nothing is left running", async () => {
  const dataDir = await folder();
  const first = await startTestServer({ dataDir });
  const otherDir = await folder();
  const config = { http: { port: first.httpPort } };
  await expect(startTestServer({ dataDir: otherDir, config })).rejects.toThrow(
    `HTTP cannot listen on 127.0.0.1:${first.httpPort}: the port is taken by another program.`,
  );
  const again = await startTestServer({ dataDir: otherDir });
  await again.stop();
  await first.stop();
});
