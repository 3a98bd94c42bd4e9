/**
 * @file Another model while the server runs: chosen, tried before the switch, kept over a restart, gone back from.
 * Real PostgreSQL, real associations, real (tiny) networks.
 */
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { main } from "../src/cli/main.ts";
import type { ModelResponse, ModelUseResponse } from "../src/domain/api.ts";
import type { WorklistItem } from "../src/domain/worklist.ts";
import { parseHeader } from "../src/dicom/instance.ts";
import { savePackage, type PackageParts } from "../src/model/package.ts";
import { tinyPackage } from "../src/model/test-package.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { drawIdentity } from "../src/phantom/identities.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { Random } from "../src/phantom/random.ts";
import { packFolder } from "../src/store/tar-gz.ts";
import {
  EventReader,
  getStudy,
  getWorklist,
  makeFolder,
  post,
  send,
  startTestServer,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

/** Generous: a study's scoring takes a second or two where nothing else runs. */
const SCORING_MS = 120_000;

let folder: string;
let server: TestServer;
const config = () => ({ model: { dir: join(folder, "one"), threads: 1 } });

async function makePackage(name: string, change: Partial<PackageParts["spec"]>): Promise<string> {
  const dir = join(folder, name);
  await savePackage(dir, tinyPackage(change));
  return dir;
}

/** A small head, a study of its own. */
function head(ordinal: number): Uint8Array[] {
  const identity = { ageYears: 60, studyAt: "2026-03-06T20:00:00", ordinal, description: "CT HEAD" };
  return phantomToDicom(
    generatePhantom({ seed: 10 + ordinal, bleed: null }),
    drawIdentity(identity, new Random(ordinal + 1)),
  );
}
const uidOf = ([first = new Uint8Array()]: readonly Uint8Array[]) => parseHeader(first).studyInstanceUid;
const isScoredBy = (version: string) => (item: WorklistItem) =>
  item.analysis === "scored" && item.finding?.model.version === version;

const getModel = async (): Promise<ModelResponse> =>
  (await (await fetch(`${server.httpUrl}/api/model`)).json()) as ModelResponse;
const use = async (named: string, rescore = false, who = "Ann") => {
  const { status, body } = await post(server, "/api/model", { package: named, who, rescore });
  return { status, ...(body as Partial<ModelUseResponse> & typeof body) };
};

beforeAll(async () => {
  folder = await makeFolder();
  vi.stubEnv("XDG_CACHE_HOME", join(folder, ".cache"));
  // Versions differ in the threshold only: the same probabilities, another verdict.
  await makePackage("one", { version: "1", threshold: { value: 0.999, chosen: "by hand" } });
  await makePackage("two", { version: "2", threshold: { value: 0, chosen: "by hand" } });
  server = await startTestServer({ config: config(), parts: {} });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const [first, second, third] = [head(1), head(2), head(3)];

describe("firstread model use", { timeout: 300_000 }, () => {
  it("begins with the configured package, which nobody chose", async () => {
    expect((await getModel()).inUse).toMatchObject({ name: "tiny", version: "1", since: null, who: null });
    expect((await getWorklist(server)).model).toEqual({ name: "tiny", version: "1" });
    for (const study of [first, second]) await send(server, study);
    for (const study of [first, second]) {
      const item = await untilItem(server, uidOf(study), isScoredBy("1"), SCORING_MS);
      expect(item.finding?.flagged).toBe(false);
    }
    await post(server, `/api/studies/${uidOf(second)}/read`, { reader: "Bob" });
  });

  it("never takes a bad package: the running model stays", async () => {
    const broken = join(folder, "broken");
    await cp(join(folder, "two"), broken, { recursive: true });
    await writeFile(join(broken, "model.onnx"), "not a network");
    const other = await makePackage("other", { positive: "normal" });
    const wrong = join(folder, "wrong");
    await savePackage(wrong, {
      ...tinyPackage(),
      labels: ["a", "hemorrhage", "c"],
      spec: { ...tinyPackage().spec, calibration: { scale: 1, bias: [0, 0, 0] } },
    });
    const cases: readonly [string, number, RegExp][] = [
      [join(folder, "nowhere"), 422, /The model stays as it is: no model package in .*nowhere/],
      [broken, 422, /model\.onnx is not the file that model\.json describes/],
      [other, 422, /positive: expected "hemorrhage" for the worklist, got "normal"/],
      [wrong, 422, /expected 3 probabilities/],
      [join(folder, "none.tar.gz"), 422, /expected an archive that can be read, got ENOENT/],
      ["two", 400, /Expected an absolute path, s3:\/\/…, or a digest, got two/],
      ["0123456789abcdef", 422, /Expected the digest of one kept package/],
      ["s3://x", 422, /Expected s3:\/\/BUCKET\/PREFIX/],
    ];
    for (const [named, status, message] of cases) {
      const answer = await use(named, true);
      expect(answer.status, named).toBe(status);
      expect(answer.error?.message).toMatch(message);
    }
    expect((await post(server, "/api/model", { package: "default", who: "" })).status).toBe(400);
    expect((await getModel()).inUse).toMatchObject({ version: "1", since: null });
  });

  it("scores with the new package from then on; what was scored stays, unless asked", async () => {
    const events = await EventReader.open(server);
    const answer = await use(join(folder, "two"));
    expect(answer).toMatchObject({ status: 200, rescored: 0, inUse: { version: "2", who: "Ann" } });
    await events.until(({ event, data }) => event === "model" && data.version === "2");
    events.close();
    await send(server, third);
    const item = await untilItem(server, uidOf(third), isScoredBy("2"), SCORING_MS);
    expect(item.finding?.flagged).toBe(true);
    const { item: old, saliencyReferencePeak } = await getStudy(server, uidOf(first));
    expect(old.finding?.model.version).toBe("1");
    expect(saliencyReferencePeak).toBeNull();
  });

  it("with rescore, scores what waits again and keeps the old finding in the history; what was read stays", async () => {
    // Gone back by the digest of what was in use before it, and forth again.
    const { installed, inUse } = await getModel();
    expect(installed.map(({ version }) => version).sort()).toEqual(["1", "2"]);
    const one = installed.find(({ version }) => version === "1")?.digest ?? "";
    expect(await use(one.slice(0, 20), true)).toMatchObject({
      status: 200,
      rescored: 2,
      inUse: { version: "1" },
    });
    for (const study of [first, third]) await untilItem(server, uidOf(study), isScoredBy("1"), SCORING_MS);
    expect(await use(inUse.digest, true, "Cem")).toMatchObject({ status: 200, rescored: 2 });

    const item = await untilItem(server, uidOf(first), isScoredBy("2"), SCORING_MS);
    expect(item.finding?.flagged).toBe(true);
    const { history } = await getStudy(server, uidOf(first));
    const asked = history.filter(({ what }) => what === "asked for a new score");
    expect(asked.map(({ who }) => who)).toEqual(["Ann", "Cem"]);
    expect(asked[1]?.detail).toMatch(/^by tiny 2; until now: normal, probability 0\.\d{3} .*, by tiny 1$/);
    const { item: read } = await getStudy(server, uidOf(second));
    expect(read).toMatchObject({ reading: "read", analysis: "scored", finding: { model: { version: "1" } } });
  });

  it("begins again with the new model what was being scored, and never stores the old one's result", async () => {
    await use(join(folder, "one"));
    const late = head(4);
    await send(server, late);
    // However far it is (settling, scored ahead, being scored), from here on only version 2 may be stored.
    await use(join(folder, "two"), true);
    const item = await untilItem(server, uidOf(late), ({ analysis }) => analysis === "scored", SCORING_MS);
    expect(item.finding?.model.version).toBe("2");
  });

  it("is a command, and the list of packages says which is in use", async () => {
    const firstread = async (...argv: string[]) => {
      const printed: string[] = [];
      const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
      const error = vi.spyOn(console, "error").mockImplementation((line: string) => void printed.push(line));
      try {
        return { code: await main([...argv, "--server", server.httpUrl, "--json"]), printed };
      } finally {
        log.mockRestore();
        error.mockRestore();
      }
    };
    const chosen = await firstread("model", "use", join(folder, "one"), "--who", "Dia");
    expect(chosen.code).toBe(0);
    expect(JSON.parse(chosen.printed[0] ?? "")).toMatchObject({
      ...{ rescored: 0, inUse: { version: "1", who: "Dia", source: join(folder, "one") } },
    });
    const { printed } = await firstread("model", "list", folder);
    const lines = printed.map(
      (line) => JSON.parse(line) as { path: string; inUse?: boolean; error?: string },
    );
    const line = (name: string) => lines.find(({ path }) => path === join(folder, name));
    expect(line("one")).toMatchObject({ version: "1", inUse: true });
    expect(line("two")).toMatchObject({ version: "2", inUse: false });
    expect(line("broken")?.error).toContain("model.onnx is not the file");
    const refused = await firstread("model", "use", join(folder, "broken"));
    expect(refused.code).toBe(1);
    expect(refused.printed[0]).toMatch(/^firstread: The model stays as it is: /);
  });

  it("is one change at a time", async () => {
    const answers = await Promise.all([use(join(folder, "one")), use(join(folder, "two"))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("survives a restart, also when the folder it came from is gone", async () => {
    const archive = join(folder, "three.tar.gz");
    await packFolder(await makePackage("three", { version: "3" }), archive);
    expect((await use(archive)).status).toBe(200);
    const { dataDir } = server;
    await server.stop();
    await rm(archive);
    server = await startTestServer({ dataDir, config: config(), parts: {} });
    expect((await getModel()).inUse).toMatchObject({ version: "3", who: "Ann", source: archive });
    const { installed } = await getModel();
    expect(installed.map(({ version }) => version).sort()).toEqual(["1", "2", "3"]);
  });
});
