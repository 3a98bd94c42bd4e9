/** @file STOW-RS responses, after PS3.18 section 10.5.3 and PS3.4 table B.2-1. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Acceptance, IncomingInstance } from "../../domain/incoming.ts";
import { handleStow } from "./stow.ts";

const MULTIPART = 'multipart/related; type="application/dicom"; boundary=b';
const identity = { studyInstanceUid: "1.2", sopClassUid: "1.3", sopInstanceUid: "1.4" };

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, "latin1");
}

const body = (...parts: string[]): string =>
  parts.map((part) => `--b\r\nContent-Type: application/dicom\r\n\r\n${part}\r\n`).join("") + "--b--";

describe("STOW-RS", () => {
  let incomingDir: string;
  let received: (IncomingInstance & { text: string })[];
  let answers: Acceptance[];

  const receive = async (incoming: IncomingInstance): Promise<Acceptance> => {
    received.push({ ...incoming, text: await readFile(incoming.path, "latin1") });
    await rm(incoming.path);
    const answer = answers.shift();
    if (answer === undefined) throw Object.assign(new Error("disk full"), { code: "ENOSPC" });
    return answer;
  };
  const post = (text: string, contentType = MULTIPART, more: { expectedStudyInstanceUid?: string } = {}) =>
    handleStow({
      contentType,
      body: once(text),
      incomingDir,
      receive,
      baseUrl: "http://h/dicomweb",
      ...more,
    });

  beforeEach(async () => {
    incomingDir = await mkdtemp(join(tmpdir(), "firstread-stow-"));
    received = [];
    answers = [];
  });
  afterEach(async () => {
    expect(await readdir(incomingDir)).toEqual([]);
    await rm(incomingDir, { recursive: true });
  });

  it("stores every part and refers to it", async () => {
    answers = [
      { outcome: "stored", identity },
      { outcome: "duplicate", identity: { ...identity, sopInstanceUid: "1.5" } },
    ];
    const response = await post(body("one", "two"), MULTIPART, { expectedStudyInstanceUid: "1.2" });
    expect(
      received.map(({ text, studyInstanceUid, source }) => [text, studyInstanceUid, source.kind]),
    ).toEqual([
      ["one", "1.2", "stow"],
      ["two", "1.2", "stow"],
    ]);
    expect(response).toEqual({
      status: 200,
      contentType: "application/dicom+json",
      body: {
        "00081190": { vr: "UR", Value: ["http://h/dicomweb/studies/1.2"] },
        "00081199": {
          vr: "SQ",
          Value: [
            { "00081150": { vr: "UI", Value: ["1.3"] }, "00081155": { vr: "UI", Value: ["1.4"] } },
            { "00081150": { vr: "UI", Value: ["1.3"] }, "00081155": { vr: "UI", Value: ["1.5"] } },
          ],
        },
      },
    });
  });

  it("says which failed, and why", async () => {
    answers = [
      { outcome: "stored", identity },
      { outcome: "conflict", reason: "other bytes", identity: { ...identity, sopInstanceUid: "1.6" } },
      { outcome: "refused", fault: "unreadable", reason: "not DICOM" },
    ];
    const response = await post(body("one", "two", "three"));
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({
      "00081198": {
        Value: [{ "00081155": { Value: ["1.6"] }, "00081197": { vr: "US", Value: [0x0111] } }],
      },
      "0008119A": { Value: [{ "00081197": { vr: "US", Value: [0xc000] } }] },
    });
  });

  it("answers 409 when nothing was acceptable, 503 when there was no room", async () => {
    answers = [{ outcome: "refused", fault: "mismatch", reason: "another study", identity }];
    const refused = await post(body("one"));
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { "00081198": { Value: [{ "00081197": { Value: [0xa900] } }] } },
    ]);
    const full = await post(body("one"));
    expect([full.status, full.body]).toMatchObject([
      503,
      { "0008119A": { Value: [{ "00081197": { Value: [0xa700] } }] } },
    ]);
  });

  it("keeps what came whole when the body breaks off", async () => {
    answers = [{ outcome: "stored", identity }];
    const response = await post(body("one", "two").replace("two\r\n--b--", "tw"));
    expect(response.status).toBe(202);
    expect(received.map(({ text }) => text)).toEqual(["one"]);
  });

  it("takes a single instance as the body", async () => {
    answers = [{ outcome: "stored", identity }];
    expect((await post("just one", "application/dicom")).status).toBe(200);
    expect(received[0]?.text).toBe("just one");
  });

  it.each([
    [415, "application/json", "{}"],
    [415, 'multipart/related; type="application/dicom+json"; boundary=b', body("x")],
    [400, MULTIPART, "no boundary in here"],
    [400, "multipart/related; type=application/dicom", body("x")],
    [400, MULTIPART, "--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--b--"],
  ])("answers %i to %s", async (status, contentType, text) => {
    const response = await post(text, contentType);
    expect(response.status).toBe(status);
    expect(received).toEqual([]);
  });
});
