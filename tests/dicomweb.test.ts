/**
 * @file QIDO-RS and WADO-RS: studies in ranked order, and every instance byte for byte as it was sent.
 */
import { afterAll, beforeAll, expect, it } from "vitest";

import { parseMediaType, parseMultipart } from "../src/dicom/web/multipart.ts";
import { dataSetOf } from "./support/ct-file.ts";
import type { TestServer } from "./support/running-server.ts";
import { send, startTestServer, StubScorer, studyFiles, untilItem } from "./support/running-server.ts";

type Found = Readonly<Record<string, { readonly Value?: readonly unknown[] }>>;

let server: TestServer;
const scorer = new StubScorer();
const files = { "1.2.701": studyFiles("1.2.701", 3), "1.2.702": studyFiles("1.2.702", 1) };
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.httpUrl}/dicomweb/studies${path}`, { headers });
const valuesOf = async (path: string, tag: string): Promise<unknown[]> =>
  ((await (await get(path)).json()) as Found[]).map((found) => found[tag]?.Value?.[0]);

beforeAll(async () => {
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
  scorer.verdicts.set("1.2.702", { kind: "finding", probability: 0.9 });
  for (const [uid, sent] of Object.entries(files)) {
    await send(server, sent);
    await untilItem(server, uid, ({ analysis }) => analysis === "scored");
  }
});
afterAll(async () => server.remove());

it("searches studies, series and instances", async () => {
  expect(await valuesOf("?PatientName=test*&ModalitiesInStudy=CT", "0020000D")).toEqual([
    "1.2.702",
    "1.2.701",
  ]);
  expect(await valuesOf("?limit=1&offset=1", "0020000D")).toEqual(["1.2.701"]);
  expect(await valuesOf("?StudyInstanceUID=1.2.701,1.9", "00201208")).toEqual([3]);
  expect(await valuesOf("/1.2.701/series", "00201209")).toEqual([3]);
  expect(await valuesOf("/1.2.701/series/1.2.701.1/instances?InstanceNumber=2", "00081190")).toEqual([
    `${server.httpUrl}/dicomweb/studies/1.2.701/series/1.2.701.1/instances/1.2.701.1.2`,
  ]);
  expect(await valuesOf("/1.2.701/instances", "00200013")).toEqual([1, 2, 3]);
});

it.each([
  ["?PatientID=nobody", 204],
  ["?Rows=8", 400],
  ["?StudyDate=today", 400],
  ["/1.2.799/series", 204],
  ["/1.2.799", 404],
  ["/1.2.701/series/1.9", 404],
])("answers %s with %i", async (path, status) => {
  expect((await get(path)).status).toBe(status);
});

it.each([
  ["/1.2.701", [0, 1, 2]],
  ["/1.2.701/series/1.2.701.1", [0, 1, 2]],
  ["/1.2.701/series/1.2.701.1/instances/1.2.701.1.2", [1]],
])("retrieves %s as it came", async (path, expected) => {
  const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const response = await get(path, { accept });
  const type = parseMediaType(response.headers.get("content-type") ?? "");
  expect([response.status, type.type, type.parameters.get("type")]).toEqual([
    ...[200, "multipart/related", "application/dicom"],
  ]);
  const body = Buffer.from(await response.arrayBuffer());
  const got: Buffer[] = [];
  for await (const part of parseMultipart(pieces(body), type.parameters.get("boundary") ?? "")) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of part.body) chunks.push(Uint8Array.from(chunk));
    got.push(dataSetOf(Buffer.concat(chunks)));
  }
  expect(got).toEqual(expected.map((i) => dataSetOf(files["1.2.701"][i] ?? Buffer.alloc(0))));
});

it("gives no other form", async () => {
  expect((await get("/1.2.701", { accept: "image/jpeg" })).status).toBe(406);
});

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
