/**
 * @file `firstread serve --role model`: the model as a service, by the convention of SageMaker's containers.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { savePackage } from "../src/model/package.ts";
import { TINY_SIZE, tinyPackage } from "../src/model/test-package.ts";
import { openThreadScorer } from "../src/server/scoring/thread-scorer.ts";
import type { ServerConfig } from "../src/server/config.ts";
import { packFolder } from "../src/store/tar-gz.ts";
import { freePort } from "./support/peers.ts";
import { makeFolder, startTestServer, studyFiles, type TestServer } from "./support/running-server.ts";

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await makeFolder();
  vi.stubEnv("XDG_CACHE_HOME", folder);
  model = join(folder, "tiny");
  await savePackage(model, tinyPackage());
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const start = (dir: string, config = {}, parts = {}): Promise<TestServer> =>
  startTestServer({ config: { roles: ["model"], model: { dir, threads: 1 }, ...config }, parts });

const invoke = (server: { httpUrl: string }, body: Uint8Array, type: string) =>
  fetch(`${server.httpUrl}/invocations`, {
    method: "POST",
    body: Buffer.from(body),
    headers: { "content-type": type },
  });

/** A picture whose brain window is equally bright everywhere. */
const picture = (red: number) =>
  sharp({
    create: { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background: { r: red, g: 0, b: 0 } },
  })
    .png()
    .toBuffer();

describe("a model alone", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start(model);
  });
  afterAll(async () => server.remove());

  it("answers pictures, many at once, each with its own probabilities", async () => {
    const levels = Array.from({ length: 16 }, (_, i) => 16 * i);
    const bodies = await Promise.all(levels.map(picture));
    const answers = await Promise.all(bodies.map((body) => invoke(server, body, "image/png")));
    expect(answers.map(({ status }) => status)).toEqual(levels.map(() => 200));
    for (const [i, answer] of answers.entries()) {
      const { labels, probabilities } = (await answer.json()) as {
        labels: string[];
        probabilities: number[];
      };
      expect(labels).toEqual(["normal", "hemorrhage"]);
      // The tiny model's logit is 20 · (brightness - 0.5).
      const logit = 20 * ((levels[i] ?? 0) / 255 - 0.5);
      expect(probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 4);
    }
  });

  it("answers an instance", async () => {
    const [instance = new Uint8Array()] = studyFiles("1.2.3", 1);
    const answer = await invoke(server, instance, "application/dicom");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      labels: ["normal", "hemorrhage"],
      predicted_label: "normal",
    });
  });

  it("says what is wrong, in JSON", async () => {
    const cases: readonly [Promise<Response>, number, string][] = [
      [invoke(server, Buffer.from("no picture"), "image/png"), 422, "unusable-image"],
      [invoke(server, Buffer.from("no instance"), "application/dicom"), 422, "unusable-image"],
      [invoke(server, new Uint8Array(), "image/png"), 400, "empty-body"],
      [invoke(server, Buffer.from("{}"), "application/json"), 415, "unsupported-media-type"],
      [invoke(server, Buffer.from("x"), "video/mp4"), 415, "FST_ERR_CTP_INVALID_MEDIA_TYPE"],
      [invoke(server, Buffer.alloc(65 * 1024 * 1024), "image/png"), 413, "FST_ERR_CTP_BODY_TOO_LARGE"],
    ];
    for (const [asked, status, code] of cases) {
      const answer = await asked;
      expect(answer.status).toBe(status);
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe(code);
      expect(error.message).not.toBe("");
    }
    expect((await fetch(`${server.httpUrl}/ping`)).status).toBe(200);
  });

  it("serves nothing else, and keeps nothing", async () => {
    for (const path of ["/", "/api/worklist", "/api/model", "/metrics", "/dicomweb/studies", "/readyz"]) {
      expect((await fetch(`${server.httpUrl}${path}`)).status, path).toBe(404);
    }
    expect(server.dicomPort).toBe(0);
    expect(await readdir(server.dataDir)).toEqual([]);
  });
});

it("is there before its model is: /ping says 503, then 200", async () => {
  const port = await freePort();
  const httpUrl = `http://127.0.0.1:${port}`;
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const openScorer = async (config: ServerConfig, objectsDir: string) => {
    await held;
    return openThreadScorer(config, objectsDir);
  };
  const starting = start(model, { http: { port } }, { openScorer });
  const ping = () => fetch(`${httpUrl}/ping`).then(({ status }) => status);
  await expect.poll(() => ping().catch(() => 0)).toBe(503);
  expect((await invoke({ httpUrl }, await picture(9), "image/png")).status).toBe(503);
  letGo();
  const server = await starting;
  expect(await ping()).toBe(200);
  await server.remove();
});

it("takes a model.tar.gz, and says what is wrong with one that is none", async () => {
  const archive = join(folder, "model.tar.gz");
  await packFolder(model, archive);
  const server = await start(archive);
  expect((await invoke(server, await picture(200), "image/png")).status).toBe(200);
  await server.remove();
  await expect(start(join(folder, "none.tar.gz"))).rejects.toThrow(
    /The model package in .*none\.tar\.gz cannot be used: .*expected an archive that can be read, got ENOENT/,
  );
  await expect(start(join(folder, "nowhere"))).rejects.toThrow(/cannot be used: no model package in/);
});

it("may listen beyond this machine, where any name may lead to it, but no other site's page", async () => {
  const server = await start(model, { http: { host: "0.0.0.0", port: 0 } });
  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.httpPort}/invocations`, { method: "POST", headers }).then(
      (r) => r.status,
    );
  expect(await ask({ "content-type": "image/png", origin: "https://evil.example" })).toBe(403);
  expect(await ask({ "content-type": "image/png" })).toBe(400);
  await server.remove();
});
