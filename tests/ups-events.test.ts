/**
 * @file UPS subscriptions and their event channel, by Node's own WebSocket client: who is told what, and who is not.
 */
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { TestServer } from "./support/running-server.ts";
import { post, send, startTestServer, StubScorer, studyFiles, untilItem } from "./support/running-server.ts";

type Workitem = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

const WORKLIST = "1.2.840.10008.5.1.4.34.5";
const FILTERED = "1.2.840.10008.5.1.4.34.5.1";

let server: TestServer;
const scorer = new StubScorer();
beforeAll(async () => {
  server = await startTestServer({ parts: { openScorer: async () => scorer, webDir: "/nowhere" } });
});
afterAll(async () => server.remove());

const ask = (method: string, path: string, body?: unknown) =>
  fetch(`${server.httpUrl}/dicomweb/workitems${path}`, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/dicom+json" },
      body: JSON.stringify(body),
    }),
  });

/** A subscriber's end of the channel. */
async function openChannel(subscriber: string) {
  const events: Workitem[] = [];
  const socket = new WebSocket(`${server.httpUrl.replace("http", "ws")}/dicomweb/subscribers/${subscriber}`);
  socket.addEventListener("message", ({ data }) => events.push(JSON.parse(String(data)) as Workitem));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const values = (tag: string) => events.map((event) => event[tag]?.Value?.[0]);
  const until = async (isThere: () => boolean): Promise<void> => {
    for (let tries = 0; !isThere(); tries += 1) {
      if (tries > 1000) throw new Error(`No such event among ${JSON.stringify(events)}`);
      await sleep(10);
    }
  };
  return { events, socket, values, until };
}

async function arrive(study: string, probability = 0.1): Promise<string> {
  scorer.verdicts.set(study, { kind: "finding", probability });
  await send(server, studyFiles(study, 1));
  await untilItem(server, study, ({ analysis }) => analysis === "scored");
  const found = (await (await ask("GET", `?StudyInstanceUID=${study}`)).json()) as Workitem[];
  return String(found[0]?.["00080018"]?.Value?.[0]);
}

const change = (uid: string, state: string, transaction: string) =>
  ask("PUT", `/${uid}/state/READER`, {
    "00081195": { vr: "UI", Value: [transaction] },
    "00741000": { vr: "CS", Value: [state] },
  });

it("tells the worklist's subscriber every state, whoever changes it", async () => {
  const subscribed = await ask("POST", `/${WORKLIST}/subscribers/WATCHER?deletionlock=false`);
  expect(subscribed.status).toBe(201);
  expect(subscribed.headers.get("content-location")).toBe(
    `${server.httpUrl.replace("http", "ws")}/dicomweb/subscribers/WATCHER`,
  );
  const { events, values, until, socket } = await openChannel("WATCHER");
  const uid = await arrive("1.2.601");
  await until(() => events.some((event) => event["00404041"]?.Value?.[0] === "READY"));
  await change(uid, "IN PROGRESS", "1.9.1");
  await until(() => values("00741000").includes("IN PROGRESS"));
  await ask("POST", `/${uid}/cancelrequest/WARD`, { "00741238": { vr: "LT", Value: ["Wrong patient"] } });
  await until(() => values("00001002").includes(2));
  await ask("POST", `/${uid}?transaction-uid=1.9.1`, {
    "00741002": { vr: "SQ", Value: [{ "00741004": { vr: "DS", Value: [50] } }] },
  });
  await until(() => values("00001002").includes(3));
  await post(server, "/api/studies/1.2.601/release", { reader: "READER" });
  await until(() => values("00741000").includes("CANCELED"));
  const canceled = events.find((event) => event["00741000"]?.Value?.[0] === "CANCELED");
  expect(canceled).toMatchObject({
    "00000002": { vr: "UI", Value: ["1.2.840.10008.5.1.4.34.6.4"] },
    "00001000": { vr: "UI", Value: [uid] },
    "00001002": { vr: "US", Value: [1] },
  });
  expect(events.find((event) => event["00001002"]?.Value?.[0] === 2)?.["00741238"]?.Value).toEqual([
    "Wrong patient",
  ]);
  await until(() =>
    events.some((e) => e["00001000"]?.Value?.[0] !== uid && e["00741000"]?.Value?.[0] === "SCHEDULED"),
  );
  socket.close();
});

it("tells a filter's subscriber, and one of a single workitem, only of theirs; nothing after leaving", async () => {
  const [high, low] = [await arrive("1.2.611", 0.95), await arrive("1.2.612")];
  await ask("POST", `/${FILTERED}/subscribers/FILTERED?ScheduledProcedureStepPriority=HIGH`);
  const filtered = await openChannel("FILTERED");
  const single = await openChannel("SINGLE");
  expect((await ask("POST", `/${low}/subscribers/SINGLE`)).status).toBe(201);
  await single.until(() => single.values("00741000").includes("SCHEDULED")); // how it stands, at once
  for (const uid of [low, high]) await change(uid, "IN PROGRESS", "1.9.2");
  await filtered.until(() => filtered.events.length > 0);
  await single.until(() => single.values("00741000").includes("IN PROGRESS"));
  expect(new Set(filtered.values("00001000"))).toEqual(new Set([high]));
  expect(new Set(single.values("00001000"))).toEqual(new Set([low]));
  expect((await ask("DELETE", `/${low}/subscribers/SINGLE`)).status).toBe(200);
  expect((await ask("DELETE", `/${low}/subscribers/SINGLE`)).status).toBe(404);
  const before = single.events.length;
  for (const uid of [low, high]) await change(uid, "COMPLETED", "1.9.2");
  await filtered.until(() => filtered.values("00741000").includes("COMPLETED"));
  expect(single.events.length).toBe(before);
  filtered.socket.close();
  single.socket.close();
});

it("suspends a worklist: what is new is not told, what was known is", async () => {
  expect((await ask("POST", `/${WORKLIST}/subscribers/PAUSED/suspend`)).status).toBe(404);
  await ask("POST", `/${WORKLIST}/subscribers/PAUSED`);
  const known = await arrive("1.2.621");
  const { values, until, socket } = await openChannel("PAUSED");
  expect((await ask("POST", `/${WORKLIST}/subscribers/PAUSED/suspend`)).status).toBe(200);
  const fresh = await arrive("1.2.622");
  await change(fresh, "IN PROGRESS", "1.9.3");
  await change(known, "IN PROGRESS", "1.9.3");
  await until(() => values("00001000").includes(known));
  expect(values("00001000")).not.toContain(fresh);
  socket.close();
});

it.each([
  ["an unknown workitem", "/1.2.3/subscribers/A", 404],
  ["a subscriber that is none", `/${WORKLIST}/subscribers/${"A".repeat(17)}`, 400],
  ["a lock that is none", `/${WORKLIST}/subscribers/A?deletionlock=perhaps`, 400],
  ["a filter that is none", `/${FILTERED}/subscribers/A?Nonsense=1`, 400],
])("refuses %s", async (_name, path, status) => {
  expect((await ask("POST", path)).status).toBe(status);
});

const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** The answer to a handshake: its status, and what accepts it. */
function handshake(path: string, headers: Record<string, string>): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.httpUrl);
    const sent = httpRequest({ hostname, port, path, headers });
    sent.on("upgrade", ({ statusCode = 0, headers: answered }, socket) => {
      socket.destroy();
      resolve([statusCode, String(answered["sec-websocket-accept"])]);
    });
    sent.on("response", (response) => {
      response.resume();
      resolve([response.statusCode ?? 0, ""]);
    });
    sent.on("error", reject);
    sent.end();
  });
}

it("shakes hands as RFC 6455 has it in its example, and not with another site's page", async () => {
  const path = "/dicomweb/subscribers/A";
  expect(await handshake(path, HANDSHAKE)).toEqual([101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
  expect((await handshake(path, { ...HANDSHAKE, origin: "http://evil.example" }))[0]).toBe(403);
  expect((await handshake(path, { ...HANDSHAKE, host: "evil.example" }))[0]).toBe(403);
  expect((await handshake(path, { ...HANDSHAKE, "sec-websocket-version": "8" }))[0]).toBe(426);
  expect((await handshake(path, { ...HANDSHAKE, "sec-websocket-key": "short" }))[0]).toBe(400);
  expect((await handshake("/api/events", HANDSHAKE))[0]).toBe(404);
  expect((await handshake(`/dicomweb/subscribers/%E0%A4%A`, HANDSHAKE))[0]).toBe(404);
  expect((await fetch(`${server.httpUrl}${path}`)).status).toBe(426);
});

it.each([
  ["a frame without mask", Buffer.from([0x81, 0x01, 0x41]), 1002],
  ["a frame with a reserved bit", Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
  ["a message that is too long", Buffer.from([0x82, 0xfe, 0xff, 0xff]), 1009],
  ["a length of 64 bits", Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]), 1009],
])("ends the channel for %s", async (_name, bytes, code) => {
  const { port } = new URL(server.httpUrl);
  const socket = connect(Number(port), "127.0.0.1");
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  const lines = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /dicomweb/subscribers/A HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join("")}\r\n`);
  socket.write(bytes);
  await new Promise((resolve) => socket.on("end", resolve));
  socket.destroy();
  const all = Buffer.concat(received);
  const close = all.subarray(all.indexOf("\r\n\r\n") + 4);
  expect([close[0], close.readUInt16BE(2)]).toEqual([0x88, code]);
});
