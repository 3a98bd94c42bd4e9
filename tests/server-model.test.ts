/**
 * @file The main job with the model that ships: head CTs sent by DCMTK's `storescu` and by our own sender are
 * scored, and the one with the bleed goes first.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseHeader } from "../src/dicom/instance.ts";
import type { WorklistItem } from "../src/domain/worklist.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { chestToDicom } from "../src/phantom/chest.ts";
import { drawIdentity } from "../src/phantom/identities.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { Random } from "../src/phantom/random.ts";
import { DEFAULT_POLICY } from "../src/triage/policy.ts";
import { rankWorklist } from "../src/triage/rank.ts";
import {
  EventReader,
  getStudy,
  getWorklist,
  makeFolder,
  startTestServer,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

const run = promisify(execFile);
const data = process.env["FIRSTREAD_DATA"] ?? join(import.meta.dirname, "..", "..", "shared", "data");
const hasData = existsSync(join(data, "ge-head"));
const hasStorescu = spawnSync("storescu", ["--version"]).status === 0;
const SCORING_MS = 60_000;

const identity = (ordinal: number, ageYears: number, description = "CT HEAD") =>
  drawIdentity({ ageYears, studyAt: "2026-03-06T20:00:00", ordinal, description }, new Random(ordinal + 1));
const phantomSlices = phantomToDicom(
  generatePhantom({ seed: 11, bleed: "intraparenchymal" }),
  identity(1, 60),
);

let server: TestServer;
let folder = "";
beforeAll(async () => {
  folder = await makeFolder();
  server = await startTestServer({ settleSeconds: 1, parts: {} });
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const studyOf = ([first = new Uint8Array()]: readonly Uint8Array[]) => parseHeader(first).studyInstanceUid;

const isDone = (item: WorklistItem) => !["arriving", "settled", "scoring"].includes(item.analysis);

/** Send a folder and find the study that it added to the list. */
async function sendNew(path: string): Promise<string> {
  const uids = async () => (await getWorklist(server)).items.map((item) => item.studyInstanceUid);
  const known = new Set(await uids());
  await storescu(path);
  return (await uids()).find((uid) => !known.has(uid)) ?? "";
}

/**
 * A copy of the RSNA study that can be sent at all: its files lost their SOP Class UID when they were made
 * anonymous, and have another SOP Instance UID inside than outside.
 */
async function withUids(source: string): Promise<string> {
  const copy = join(folder, "rsna");
  await cp(source, copy, { recursive: true });
  const files = readdirSync(copy).map((name) => join(copy, name));
  await run("dcmodify", ["-nb", "-i", "SOPClassUID=1.2.840.10008.5.1.4.1.1.2", "-gin", ...files]);
  return copy;
}

/** Send a folder as a PACS would. Without TCP_NODELAY, DCMTK waits 45 ms a slice. */
async function storescu(path: string): Promise<void> {
  const target = ["-aec", "FIRSTREAD", "127.0.0.1", String(server.dicomPort)];
  await run("storescu", ["+sd", ...target, path], { env: { ...process.env, TCP_NODELAY: "1" } });
}

describe.skipIf(!hasStorescu)("phantoms (skipped where there is no storescu)", () => {
  it("a head is scored slice by slice, and a chest is not", async () => {
    const phantom = generatePhantom({ seed: 11, bleed: "intraparenchymal" });
    const path = join(folder, "phantoms");
    await mkdir(path);
    const slices = phantomToDicom(phantom, identity(1, 60));
    const chest = chestToDicom(5, identity(2, 60, "CT CHEST"), 60);
    for (const [i, bytes] of [...slices, ...chest].entries()) {
      await writeFile(join(path, `${i}.dcm`), bytes);
    }
    await storescu(path);

    const scored = await untilItem(server, studyOf(slices), isDone, SCORING_MS);
    expect(scored).toMatchObject({ analysis: "scored", analysisReason: "", skippedCount: 0 });
    const detail = await getStudy(server, studyOf(slices));
    expect(detail.slices).toHaveLength(slices.length);
    expect(
      detail.slices.every(({ probability }) => probability !== null && probability >= 0 && probability <= 1),
    ).toBe(true);
    const positions = detail.slices.map(({ positionMm }) => positionMm);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(detail.series.filter(({ chosen }) => chosen)).toHaveLength(1);

    const other = await untilItem(server, studyOf(chest), isDone, SCORING_MS);
    expect(other).toMatchObject({ analysis: "not-applicable", finding: null });
    expect(other.analysisReason).not.toBe("");
  }, 120_000);
});

describe.skipIf(!hasData || !hasStorescu)("real heads (skipped without FIRSTREAD_DATA or storescu)", () => {
  it("the bleed that came last goes before every study without one, and the open page is told", async () => {
    const events = await EventReader.open(server);
    const earlierUid = await sendNew(join(data, "ge-head"));
    const earlier = await untilItem(server, earlierUid, isDone, SCORING_MS);
    const bleedUid = await sendNew(await withUids(join(data, "rsna", "study")));
    const bleed = await untilItem(server, bleedUid, isDone, SCORING_MS);

    expect(earlier).toMatchObject({ analysis: "scored", finding: { sliceCount: 28 } });
    expect(bleed).toMatchObject({ analysis: "scored", finding: { flagged: true, sliceCount: 36 } });
    const { items, now } = await getWorklist(server);
    const ranked = rankWorklist(items, DEFAULT_POLICY, Date.parse(now)).map(({ item }) => item);
    const place = ranked.findIndex((item) => item.studyInstanceUid === bleedUid);
    const unflagged = ranked.flatMap(({ finding }, i) => (finding?.flagged === true ? [] : [i]));
    expect(unflagged.length).toBeGreaterThan(0);
    expect(unflagged.every((i) => i > place)).toBe(true);
    await events.until(
      ({ event, data: item }) =>
        event === "item" && item.studyInstanceUid === bleedUid && item.finding?.flagged === true,
    );
    events.close();
  }, 180_000);
});

describe("POST /invocations", () => {
  const invoke = (body: Uint8Array, type: string) =>
    fetch(`${server.httpUrl}/invocations`, {
      method: "POST",
      body: Buffer.from(body),
      headers: { "content-type": type },
    });

  it("answers an instance with the line that classify prints", async () => {
    const answer = await invoke(phantomSlices[10] ?? new Uint8Array(), "application/dicom");
    expect(answer.status).toBe(200);
    const { labels, probabilities, predicted_label, file } = (await answer.json()) as {
      labels: string[];
      probabilities: number[];
      predicted_label: string;
      file: string;
    };
    expect(labels).toEqual(["normal", "hemorrhage"]);
    expect((probabilities[0] ?? 0) + (probabilities[1] ?? 0)).toBeCloseTo(1, 6);
    expect(labels).toContain(predicted_label);
    expect(file).toBe("");
  });

  it("says what is wrong with a body that is none", async () => {
    const broken = await invoke(Buffer.from("not a picture"), "image/png");
    expect(broken.status).toBe(422);
    expect(((await broken.json()) as { error: { code: string } }).error.code).toBe("unusable-image");
    expect((await invoke(Buffer.from("DICM?"), "application/dicom")).status).toBe(422);
    expect((await invoke(Buffer.from("x"), "video/mp4")).status).toBe(415);
  });
});
