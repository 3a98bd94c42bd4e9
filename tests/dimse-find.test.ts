/**
 * @file C-FIND by DCMTK's findscu: matching, order, character set, bad queries.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ctFile } from "./support/ct-file.ts";
import { hasDcmtk, runPeer } from "./support/peers.ts";
import type { TestServer } from "./support/running-server.ts";
import { post, send, startTestServer, StubScorer, untilItem } from "./support/running-server.ts";

const STUDY = "0008,0052=STUDY";
const UIDS = ["1.2.70", "1.2.71", "1.2.72"] as const;

let server: TestServer;
let folder: string;
const scorer = new StubScorer();

/** Two series of two slices each for the first study, one slice for the others. */
function study(uid: string, change: Record<string, string>): Buffer[] {
  const count = uid === UIDS[0] ? 4 : 1;
  return Array.from({ length: count }, (_, i) =>
    ctFile({
      ...{ studyInstanceUid: uid, seriesInstanceUid: `${uid}.${1 + (i % 2)}`, instanceNumber: i + 1 },
      ...{ sopInstanceUid: `${uid}.${1 + (i % 2)}.${i + 1}`, rows: 8, columns: 8, text: change },
    }),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstread-find-"));
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
  scorer.verdicts.set(UIDS[2], { kind: "finding", probability: 0.93 });
  await send(server, study(UIDS[0], { "00100010": "Doe^Jane^M", "00100020": "P1", "00080050": "A-1" }));
  await send(
    server,
    study(UIDS[1], {
      "00100010": "M\u00fcller^Ana",
      "00100020": "P2",
      "00080050": "A-2",
      "00080020": "20260315",
    }),
  );
  await send(server, study(UIDS[2], { "00100010": "Dover^Max", "00100020": "P3", "00080050": "B-1" }));
  for (const uid of UIDS) await untilItem(server, uid, ({ analysis }) => analysis === "scored");
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Runs findscu; the answers as dcmdump prints them, in order. */
async function find(keys: readonly string[], options: readonly string[] = ["-S"]) {
  const into = await mkdtemp(join(folder, "answers-"));
  const asked = keys.flatMap((key) => ["-k", key]);
  const { code, output } = await runPeer("findscu", [
    ...["-v", "-aec", "FIRSTREAD", "-X", "-od", into, ...options],
    ...asked,
    ...["127.0.0.1", String(server.dicomPort)],
  ]);
  const files = (await readdir(into)).sort();
  const dumps = await Promise.all(
    files.map(async (file) => (await runPeer("dcmdump", ["+L", "-q", join(into, file)])).output),
  );
  return { code, output, dumps, files: await Promise.all(files.map((file) => readFile(join(into, file)))) };
}

const valueOf = (dump: string, tag: string): string =>
  new RegExp(`^\\(${tag}\\) \\w\\w (?:\\[(.*?)\\]|=?(\\S+)|\\(no value)`, "m")
    .exec(dump)
    ?.slice(1)
    .find((v) => v) ?? "";
const uidsOf = (dumps: readonly string[]): string[] => dumps.map((dump) => valueOf(dump, "0020,000d"));

describe.skipIf(!hasDcmtk)("C-FIND by findscu (DCMTK must be installed)", () => {
  it("answers studies in ranked order, with rank, tier and both priorities", async () => {
    const { dumps, output } = await find([
      STUDY,
      "0020,000d",
      "0032,000c",
      "0040,1003",
      "0009,0010=FIRSTREAD",
      "0009,1001",
      "0009,1002",
    ]);
    expect(uidsOf(dumps)).toEqual([UIDS[2], UIDS[0], UIDS[1]]);
    const [first = "", second = ""] = dumps;
    expect(first).toContain("[ISO_IR 192]");
    expect([valueOf(first, "0032,000c"), valueOf(first, "0040,1003")]).toEqual(["HIGH", "STAT"]);
    expect([valueOf(second, "0032,000c"), valueOf(second, "0040,1003")]).toEqual(["MEDIUM", "ROUTINE"]);
    expect(first).toMatch(/0009,1001.*1/);
    expect(first).toMatch(/0009,1002.*CRITICAL/);
    expect(output).toContain("Received Final Find Response (Success)");
  });

  it.each([
    ["a name's wildcard, whatever its case", ["0010,0010=do*^j*"], [UIDS[0]]],
    ["a name in another character set", ["0008,0005=ISO_IR 192", "0010,0010=M\u00dcLLER*"], [UIDS[1]]],
    ["one character", ["0008,0050=A-?"], [UIDS[0], UIDS[1]]],
    ["one value, by its case", ["0008,0050=a-1"], []],
    ["a list of UIDs", [`0020,000d=${UIDS[0]}\\${UIDS[1]}\\1.9`], [UIDS[0], UIDS[1]]],
    ["a range of dates", ["0008,0020=20260310-20260320"], [UIDS[1]]],
    ["an open range", ["0008,0020=-20260310"], [UIDS[2], UIDS[0]]],
    ["a time by its hour", ["0008,0030=22", "0010,0020=P1"], [UIDS[0]]],
    ["what no study has", ["0010,0020=P9"], []],
    ["a modality", ["0008,0061=MR"], []],
    ["how many instances", ["0020,1208=4"], [UIDS[0]]],
  ])("matches %s", async (_name, keys, expected) => {
    const { dumps, output } = await find([STUDY, "0020,000d", ...keys]);
    expect(uidsOf(dumps), output).toEqual(expected);
  });

  it.each([["-xe"], ["-xi"], ["-xb"]])("answers in %s, in UTF-8", async (syntax) => {
    const { dumps, files } = await find([STUDY, "0010,0020=P2", "0010,0010", "0008,0061"], ["-S", syntax]);
    expect(dumps).toHaveLength(1);
    expect(files[0]?.includes(Buffer.from("M\u00fcller^Ana", "utf8"))).toBe(true);
    expect(valueOf(dumps[0] ?? "", "0008,0061")).toBe("CT");
  });

  it("answers series and images of one study", async () => {
    const series = await find([
      "0008,0052=SERIES",
      `0020,000d=${UIDS[0]}`,
      "0020,000e",
      "0020,1209",
      "0008,0060=CT",
    ]);
    expect(series.dumps.map((dump) => [valueOf(dump, "0020,000e"), valueOf(dump, "0020,1209")])).toEqual([
      [`${UIDS[0]}.1`, "2"],
      [`${UIDS[0]}.2`, "2"],
    ]);
    const images = await find([
      ...["0008,0052=IMAGE", `0020,000d=${UIDS[0]}`, `0020,000e=${UIDS[0]}.2`],
      ...["0008,0018", "0020,0013", "0028,0010"],
    ]);
    expect(images.dumps.map((dump) => valueOf(dump, "0020,0013"))).toEqual(["2", "4"]);
    expect(valueOf(images.dumps[0] ?? "", "0028,0010")).toBe("8");
  });

  it("answers the Patient Root, each patient once", async () => {
    const { dumps } = await find(["0008,0052=PATIENT", "0010,0020", "0010,0010"], ["-P"]);
    expect(dumps.map((dump) => valueOf(dump, "0010,0020"))).toEqual(["P3", "P1", "P2"]);
    const studies = await find([STUDY, "0010,0020=P2", "0020,000d"], ["-P"]);
    expect(uidsOf(studies.dumps)).toEqual([UIDS[1]]);
  });

  it("says that a key is not known, and returns it empty", async () => {
    const { dumps, output } = await find([STUDY, "0020,000d", "0008,1048=DOE*"]);
    expect(dumps).toHaveLength(3);
    expect(output).toContain("Pending: Warning");
    expect(dumps[0]).toMatch(/\(0008,1048\) PN \(no value/);
  });

  it.each([
    ["no level", ["0020,000d"], "DataSetDoesNotMatchSOPClass"],
    ["an unknown level", ["0008,0052=WARD"], "DataSetDoesNotMatchSOPClass"],
    ["a level of the other model", ["0008,0052=PATIENT"], "DataSetDoesNotMatchSOPClass"],
    ["series of no study", ["0008,0052=SERIES", "0020,000e"], "DataSetDoesNotMatchSOPClass"],
    ["series of two studies", ["0008,0052=SERIES", "0020,000d=1.2\\1.3"], "DataSetDoesNotMatchSOPClass"],
    ["a date that is none", [STUDY, "0008,0020=2026-03-15"], "UnableToProcess"],
    ["a UID that is none", [STUDY, "0020,000d=1.2*"], "UnableToProcess"],
  ])("refuses %s", async (_name, keys, status) => {
    const { output, dumps } = await find(keys);
    expect(dumps).toEqual([]);
    expect(output).toContain(status);
  });

  it("is not delayed by a pattern of many stars, nor broken by a giant query", async () => {
    const bomb = await find([STUDY, "0020,000d", `0008,1030=${"*a".repeat(400)}`]);
    expect([bomb.code, bomb.dumps]).toEqual([0, []]);
    const giant = await find([
      STUDY,
      `0020,000d=${Array.from({ length: 4000 }, (_, i) => `1.2.840.${i}.11.12.13`).join("\\")}`,
    ]);
    expect(giant.output).toContain("DataSetDoesNotMatchSOPClass");
    expect((await find([STUDY, "0020,000d"])).dumps).toHaveLength(3);
  });

  it("finds a study that was read, behind the others, and audits who asked", async () => {
    await post(server, `/api/studies/${UIDS[2]}/read`, { reader: "Ann" });
    const { dumps } = await find([STUDY, "0020,000d", "0009,0010=FIRSTREAD", "0009,1001"]);
    expect(uidsOf(dumps)).toEqual([UIDS[0], UIDS[1], UIDS[2]]);
    expect(dumps[2]).toMatch(/0009,1001.*no value/);
  });
});
