/**
 * @file The server from the outside: what arrives by DICOM becomes a row, is scored, and is read over HTTP.
 * Real PostgreSQL, real associations; a stand-in for the model.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { MethodSaliencyResponse } from "../src/domain/api.ts";
import { DEFAULT_POLICY } from "../src/triage/policy.ts";
import { rankWorklist } from "../src/triage/rank.ts";
import {
  EventReader,
  getStudy,
  getWorklist,
  post,
  send,
  startTestServer,
  StubScorer,
  studyFiles,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

let server: TestServer;
const scorer = new StubScorer();

beforeAll(async () => {
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
});
afterAll(async () => server.remove());

describe("a study on its way", () => {
  it("arrives, settles, is scored, and goes first; the page is told each step", async () => {
    const events = await EventReader.open(server);
    scorer.verdicts.set("1.2.10", { kind: "finding", probability: 0.1 });
    scorer.verdicts.set("1.2.11", { kind: "finding", probability: 0.93 });
    await send(server, studyFiles("1.2.10", 2));
    await untilItem(server, "1.2.10", (item) => item.analysis === "scored");
    // A state that is over before the page is told is left out; here scoring lasts until it was told.
    scorer.hold = async () => {
      await events.until(
        ({ event, data }) =>
          event === "item" && data.studyInstanceUid === "1.2.11" && data.analysis === "scoring",
      );
    };
    await send(server, studyFiles("1.2.11", 3));
    const bleed = await untilItem(server, "1.2.11", (item) => item.analysis === "scored");
    scorer.hold = async () => undefined;

    expect(bleed).toMatchObject({
      instanceCount: 3,
      description: "CT HEAD",
      patient: { id: "T1", sex: "O" },
      reading: "waiting",
      finding: {
        label: "hemorrhage",
        probability: 0.93,
        flagged: true,
        sliceCount: 3,
        suspiciousSliceCount: 3,
      },
    });
    const { items, now } = await getWorklist(server);
    const ranked = rankWorklist(items, DEFAULT_POLICY, Date.parse(now));
    expect(ranked.map(({ item }) => item.studyInstanceUid)).toEqual(["1.2.11", "1.2.10"]);
    await events.until(
      ({ event, data }) => event === "item" && data.studyInstanceUid === "1.2.11" && data.finding !== null,
    );
    const told = events.statesOf("1.2.11").filter((state) => state !== "settled");
    expect(told).toEqual(["arriving", "scoring", "scored"]);
    events.close();
  });

  it("has its slices, saliency and history in the detail", async () => {
    const { item, slices, history, saliencyReferencePeak } = await getStudy(server, "1.2.11");
    expect(item.studyInstanceUid).toBe("1.2.11");
    expect(saliencyReferencePeak).toBe(2.5);
    expect(slices[2]).toEqual({
      ...{ index: 2, sopInstanceUid: "1.2.11.1.3", frame: 1, positionMm: 10, thicknessMm: 5 },
      ...{ rows: 8, columns: 8, spacingMm: [0.5, 0.25], probability: 0.93, saliencyPeak: 5 },
    });
    expect(history.at(-1)).toMatchObject({ who: "FirstRead", what: "scored" });
    const saliency = await fetch(`${server.httpUrl}/api/studies/1.2.11/slices/2/saliency`);
    expect(await saliency.json()).toEqual({
      ...{ rows: 1, columns: 2, values: [1, 0.25], peak: 5 },
      region: { top: 1, left: 2, rows: 4, columns: 5.5 },
    });
  });

  it("has a slice's map by another method made, as strong on the worst slice as the model's own", async () => {
    const address = `${server.httpUrl}/api/studies/1.2.11/slices/2/saliency`;
    const { saliencyMethods, item } = await getStudy(server, "1.2.11");
    expect(saliencyMethods).toEqual(["hires-cam", "layer-cam"]);
    const made = (await (await fetch(`${address}?method=layer-cam`)).json()) as MethodSaliencyResponse;
    // The worst slice is the first: its own map rises to 3, this one to 0.6, and full colour is 2.5 there.
    expect(item.finding?.peakSliceIndex).toBe(0);
    expect(made.referencePeak).toBeCloseTo((2.5 * 0.6) / 3, 6);
    expect([made.values, made.peak]).toEqual([[0.1235, 1], 0.3]);
    expect(scorer.mapped.at(-1)).toMatchObject({
      ...{ method: "layer-cam", slice: { sopInstanceUid: "1.2.11.1.3", frame: 1 } },
      peakSlice: { sopInstanceUid: "1.2.11.1.1", frame: 1 },
    });
    expect(scorer.mapped.at(-1)?.objectKeys).toHaveLength(3);
    const own = (await (await fetch(`${address}?method=hires-cam`)).json()) as MethodSaliencyResponse;
    expect([own.peak, own.referencePeak]).toEqual([5, 2.5]);
    const unknown = await fetch(`${address}?method=score-cam`);
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining("hires-cam, layer-cam"),
    ]);
    expect(
      (await fetch(`${server.httpUrl}/api/studies/1.2.11/slices/9/saliency?method=layer-cam`)).status,
    ).toBe(404);
  });

  it("gives a slice's pixels once, and says when they are still the same", async () => {
    const address = `${server.httpUrl}/api/studies/1.2.11/slices/0/pixels`;
    const first = await fetch(address);
    expect(first.headers.get("content-type")).toBe("application/octet-stream");
    expect((await first.arrayBuffer()).byteLength).toBe(8 * 8 * 2);
    const again = await fetch(address, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect((await fetch(`${server.httpUrl}/api/studies/1.2.11/slices/9/pixels`)).status).toBe(404);
    expect((await fetch(`${server.httpUrl}/api/studies/1.2.11/slices/x/pixels`)).status).toBe(404);
  });

  it("is scored again with instances that come late", async () => {
    await send(server, studyFiles("1.2.11", 2, 4));
    const item = await untilItem(
      server,
      "1.2.11",
      (row) => row.analysis === "scored" && row.instanceCount === 5,
    );
    expect(item.finding?.sliceCount).toBe(5);
    expect((await getStudy(server, "1.2.11")).slices).toHaveLength(5);
  });

  it("waits again when images that came after the reading turn it into a suspected bleed", async () => {
    const uid = "1.2.31";
    await send(server, studyFiles(uid, 2));
    await untilItem(server, uid, (item) => item.analysis === "scored");
    await post(server, `/api/studies/${uid}/read`, { reader: "Dr A" });
    scorer.verdicts.set(uid, { kind: "finding", probability: 0.93 });
    await send(server, studyFiles(uid, 1, 3));
    await untilItem(server, uid, (row) => row.finding?.flagged === true);
    const { item, history } = await getStudy(server, uid);
    expect(item).toMatchObject({ reading: "waiting", reader: null, readAt: null });
    expect(history.map(({ what }) => what)).toContain("reopen");
  });

  it("drops a scoring that a late instance made old, and never stores its result", async () => {
    let letGo: () => void = () => undefined;
    scorer.hold = () => new Promise((resolve) => (letGo = resolve));
    await send(server, studyFiles("1.2.12", 1));
    await untilItem(server, "1.2.12", (row) => row.analysis === "scoring");
    scorer.hold = async () => undefined;
    await send(server, studyFiles("1.2.12", 1, 2));
    const item = await untilItem(server, "1.2.12", (row) => row.analysis === "scored");
    letGo();
    expect(item.finding?.sliceCount).toBe(2);
    expect(scorer.begun.slice(-2)).toEqual([1, 2]);
  });

  it("is scored ahead while it is quiet, once, and the result is stored when it settles", async () => {
    const before = scorer.begun.length;
    await send(server, studyFiles("1.2.19", 4));
    const item = await untilItem(server, "1.2.19", (row) => row.analysis === "scored");
    expect(item.finding?.sliceCount).toBe(4);
    // On a busy machine it is quiet between two instances as well, and what is there is begun; all four once.
    expect(scorer.begun.slice(before).filter((slices) => slices === 4)).toEqual([4]);
  });

  it("is not changed by a duplicate, and keeps out the same UID with other bytes", async () => {
    const { sent, failed } = await send(server, studyFiles("1.2.12", 2));
    expect({ sent, failed }).toEqual({ sent: 2, failed: [] });
    const report = await send(server, studyFiles("1.2.12", 1, 1, 99));
    expect(report.failed).toHaveLength(1);
    const { item, history } = await getStudy(server, "1.2.12");
    expect(item).toMatchObject({ instanceCount: 2, analysis: "scored" });
    expect(history.map(({ what }) => what)).toContain("instance kept out");
  });

  it("says why it is not applicable, or why it failed, and can be scored again", async () => {
    scorer.verdicts.set("1.2.13", { kind: "not-applicable", reason: "It is a chest." });
    scorer.verdicts.set("1.2.14", { kind: "throws", message: "out of memory" });
    scorer.verdicts.set("1.2.15", { kind: "failed", reason: "None of its slices can be decoded." });
    for (const uid of ["1.2.13", "1.2.14", "1.2.15"]) await send(server, studyFiles(uid, 1));
    const chest = await untilItem(server, "1.2.13", (row) => row.analysis === "not-applicable");
    expect(chest).toMatchObject({ analysisReason: "It is a chest.", finding: null });
    const thrown = await untilItem(server, "1.2.14", (row) => row.analysis === "failed");
    expect(thrown.analysisReason).toBe("The analysis failed: out of memory");
    const failed = await untilItem(server, "1.2.15", (row) => row.analysis === "failed");
    expect(failed.analysisReason).toBe("None of its slices can be decoded.");

    scorer.verdicts.set("1.2.14", { kind: "finding", probability: 0.7 });
    const events = await EventReader.open(server);
    expect((await post(server, "/api/studies/1.2.14/rescore", { reader: "Ann" })).status).toBe(200);
    const again = await untilItem(server, "1.2.14", (row) => row.analysis === "scored");
    expect(again).toMatchObject({ analysisReason: "", finding: { flagged: true } });
    await events.until(
      ({ event, data }) =>
        event === "progress" && data.studyInstanceUid === "1.2.14" && data.done === 1 && data.total === 1,
    );
    events.close();
  });

  it("keeps its finding when a later scoring fails: a failure never takes a study down the list", async () => {
    scorer.verdicts.set("1.2.14", { kind: "failed", reason: "damaged" });
    await send(server, studyFiles("1.2.14", 1, 2));
    const item = await untilItem(server, "1.2.14", (row) => row.analysis === "failed");
    expect(item.finding).toMatchObject({ probability: 0.7, flagged: true });
  });
});

describe("STOW-RS", () => {
  const store = (path: string, body: Uint8Array | string, type: string) =>
    fetch(`${server.httpUrl}/dicomweb${path}`, {
      method: "POST",
      body: Buffer.from(body),
      headers: { "content-type": type },
    });
  const related = (files: readonly Uint8Array[]) =>
    Buffer.concat([
      ...files.flatMap((file) => [
        Buffer.from("--edge\r\nContent-Type: application/dicom\r\n\r\n"),
        file,
        Buffer.from("\r\n"),
      ]),
      Buffer.from("--edge--\r\n"),
    ]);
  const RELATED = 'multipart/related; type="application/dicom"; boundary=edge';

  it("stores what it is sent, and it is scored like any other", async () => {
    const answer = await store("/studies", related(studyFiles("1.2.16", 3)), RELATED);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("application/dicom+json");
    // ReferencedSOPSequence (0008,1199) names each instance that was stored.
    const body = (await answer.json()) as Record<string, { Value: unknown[] }>;
    expect(body["00081199"]?.Value).toHaveLength(3);
    await untilItem(server, "1.2.16", (row) => row.analysis === "scored" && row.instanceCount === 3);
  });

  it("refuses instances of another study than the address names", async () => {
    const answer = await store("/studies/1.2.99", related(studyFiles("1.2.17", 1)), RELATED);
    expect(answer.status).toBe(409);
    expect((await fetch(`${server.httpUrl}/api/studies/1.2.17`)).status).toBe(404);
  });

  it("says what is wrong with a body that is none, and stays up", async () => {
    expect((await store("/studies", "{}", "application/json")).status).toBe(415);
    expect((await store("/studies", "--edge--\r\n", RELATED)).status).toBe(400);
    const cut = related(studyFiles("1.2.18", 1)).subarray(0, 300);
    expect((await store("/studies", cut, RELATED)).status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${server.httpUrl}/healthz`)).status).toBe(200);
  });
});

describe("readers", () => {
  const act = (action: string, reader: string) => post(server, `/api/studies/1.2.10/${action}`, { reader });

  it("hold a study one at a time", async () => {
    expect((await act("claim", "Ann")).status).toBe(200);
    expect((await act("claim", "Ann")).status).toBe(200);
    const refused = await act("claim", "Bob");
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", message: "Ann has this study." } },
    });
    expect((await act("release", "Bob")).status).toBe(409);
    expect((await act("read", "Bob")).status).toBe(409);
    const item = await untilItem(server, "1.2.10", (row) => row.reading === "claimed");
    expect(item).toMatchObject({ reader: "Ann", readAt: null });
    expect(item.claimedAt).not.toBeNull();
  });

  it("who ask at the same moment are asked one after the other: one gets it", async () => {
    await act("release", "Ann");
    const answers = await Promise.all(["Ann", "Bob", "Cem", "Dia"].map((reader) => act("claim", reader)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const { reader } = await untilItem(server, "1.2.10", (row) => row.reading === "claimed");
    await act("release", reader ?? "");
  });

  it("read it, reopen it, and what they did is kept", async () => {
    expect((await act("read", "Bob")).status).toBe(200);
    expect((await act("claim", "Ann")).status).toBe(409);
    const read = await untilItem(server, "1.2.10", (row) => row.reading === "read");
    expect(read.reader).toBe("Bob");
    expect(read.readAt).not.toBeNull();
    expect((await act("reopen", "Ann")).status).toBe(200);
    const open = await untilItem(server, "1.2.10", (row) => row.reading === "waiting");
    expect(open).toMatchObject({ reader: null, claimedAt: null, readAt: null });
    const { history } = await getStudy(server, "1.2.10");
    const byReaders = history.filter(({ who }) => who === "Bob" || who === "Ann").map(({ what }) => what);
    expect(byReaders).toEqual(expect.arrayContaining(["claimed", "released", "read", "reopened"]));
  });

  it("agree or disagree with a finding, which is kept", async () => {
    const answer = await post(server, "/api/studies/1.2.11/feedback", { reader: "Ann", agrees: false });
    expect(answer.status).toBe(200);
    const { item, history } = await getStudy(server, "1.2.11");
    expect(item.feedback).toMatchObject({ reader: "Ann", agrees: false });
    expect(history.at(-1)).toMatchObject({
      who: "Ann",
      what: "disagreed",
      detail: "hemorrhage, probability 0.930, by stub 1",
    });
    const none = await post(server, "/api/studies/1.2.13/feedback", { reader: "Ann", agrees: true });
    expect(none.status).toBe(409);
  });
});

describe("every answer", () => {
  it("tells the browser to trust nothing but this page", async () => {
    for (const path of ["/", "/api/worklist", "/api/studies/9.9.9", "/nothing"]) {
      const { headers } = await fetch(`${server.httpUrl}${path}`);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("says plainly that the page is not built", async () => {
    const page = await fetch(server.httpUrl);
    expect(page.status).toBe(503);
    expect(await page.text()).toContain("npm run prepare");
  });

  it("has health and figures", async () => {
    for (const path of ["/healthz", "/readyz", "/ping"]) {
      expect((await fetch(`${server.httpUrl}${path}`)).status).toBe(200);
    }
    const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
    expect(text).toMatch(/^firstread_instances_stored_total [1-9]\d*$/m);
    expect(text).toMatch(/^firstread_instances_duplicate_total 2$/m);
    expect(text).toMatch(/^firstread_instances_refused_total [1-9]\d*$/m);
    expect(text).toMatch(/^firstread_studies\{analysis="not-applicable",reading="waiting"\} 1$/m);
  });
});
