/**
 * @file What reaches the listener's port and is no proper association: it stays up, bounded, and lets go.
 *
 * PDUs are written here byte by byte after PS3.8 section 9.3, without the code under test.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";

import { echo } from "../src/dicom/net/sender.ts";
import type { DicomListenerOptions } from "../src/dicom/net/listener.ts";
import { startDicomListener } from "../src/dicom/net/listener.ts";
import { ctDataSet, dataSetOf, newUid } from "./support/ct-file.ts";
import type { KeepingListener } from "./support/keeping-listener.ts";
import { startKeepingListener } from "./support/keeping-listener.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";

let listener: KeepingListener;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.close();
});

const start = async (options: Partial<DicomListenerOptions> = {}): Promise<void> => {
  listener = await startKeepingListener(options);
};

const isUp = () =>
  echo({ host: "127.0.0.1", port: listener.port, callingAeTitle: "TESTS", calledAeTitle: "FIRSTREAD" });

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
const item = (type: number, ...values: (string | Buffer)[]): Buffer => {
  const value = Buffer.concat(values.map((v) => Buffer.from(v as string, "latin1")));
  return Buffer.concat([Buffer.from([type, 0]), uint16(value.length), value]);
};
const pdu = (type: number, body: Buffer, claimed = body.length): Buffer =>
  Buffer.concat([Buffer.from([type, 0]), uint32(claimed), body]);
const pdv = (context: number, flags: number, bytes: Buffer): Buffer =>
  Buffer.concat([uint32(bytes.length + 2), Buffer.from([context, flags]), bytes]);
const data = (...values: Buffer[]): Buffer => pdu(4, Buffer.concat(values));

const context = (id: number, abstract: string, ...transfer: string[]): Buffer =>
  item(0x20, Buffer.from([id, 0, 0, 0]), item(0x30, abstract), ...transfer.map((uid) => item(0x40, uid)));

function associate(...contexts: Buffer[]): Buffer {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(1, 0);
  fixed.write("FIRSTREAD".padEnd(16) + "TESTS".padEnd(16), 4, "latin1");
  const user = item(0x50, item(0x51, uint32(16_384)), item(0x52, "1.2.3"));
  return pdu(1, Buffer.concat([fixed, item(0x10, "1.2.840.10008.3.1.1.1"), ...contexts, user]));
}

/** A C-STORE-RQ after PS3.7 table 9.3-1: Implicit VR Little Endian. */
function storeCommand(sopInstanceUid: string): Buffer {
  const element = (tag: number, value: Buffer): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt16LE(tag, 2);
    header.writeUInt32LE(value.length, 4);
    return Buffer.concat([header, value]);
  };
  const short = (value: number) => Buffer.from([value & 0xff, value >> 8]);
  const even = (text: string) => Buffer.from(text.length % 2 === 0 ? text : `${text}\0`, "latin1");
  return Buffer.concat([
    element(0x0002, even(CT)),
    element(0x0100, short(0x0001)),
    element(0x0110, short(7)),
    element(0x0700, short(0)),
    element(0x0800, short(0)),
    element(0x1000, even(sopInstanceUid)),
  ]);
}

/** Connects and collects what comes back until the other side closes. */
function open(): { socket: Socket; received: () => Buffer; closed: Promise<void> } {
  const socket = connect({ host: "127.0.0.1", port: listener.port, noDelay: true });
  sockets.push(socket);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, received: () => Buffer.concat(chunks), closed };
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 500) throw new Error("It did not happen within 5 s");
    await sleep(10);
  }
}

const ABORT = 7;

it("fragments of any size and number keep their order: several in a PDU, cut anywhere", async () => {
  await start();
  const sopInstanceUid = newUid();
  const instance = {
    studyInstanceUid: newUid(),
    seriesInstanceUid: newUid(),
    sopInstanceUid,
    instanceNumber: 1,
  };
  const dataSet = ctDataSet({ ...instance, rows: 300, columns: 300 });
  const parts: Buffer[] = [];
  for (let at = 0, size = 1; at < dataSet.length; at += size, size = (size * 7 + 3) % 9001) {
    parts.push(dataSet.subarray(at, at + size));
  }
  const fragments = parts.map((part, index) => pdv(1, index === parts.length - 1 ? 2 : 0, part));
  const command = storeCommand(sopInstanceUid);
  const stream: Buffer[] = [associate(context(1, CT, EXPLICIT))];
  // The command and the first data in one PDU, then three fragments a PDU.
  stream.push(
    data(pdv(1, 1, command.subarray(0, 31)), pdv(1, 3, command.subarray(31)), fragments[0] as Buffer),
  );
  for (let i = 1; i < fragments.length; i += 3) stream.push(data(...fragments.slice(i, i + 3)));
  const { socket, received } = open();
  const bytes = Buffer.concat(stream);
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 13 + 5) % 70_001) {
    socket.write(bytes.subarray(at, at + size));
    if (size < 50) await sleep(1);
  }
  await until(() => listener.kept.length === 1);
  expect(dataSetOf((listener.kept[0] as { bytes: Buffer }).bytes).equals(dataSet)).toBe(true);
  await until(() => received().includes(Buffer.from([0x30, 0x01, 0x80].slice(1)))); // C-STORE-RSP, 8001
  socket.write(pdu(5, Buffer.alloc(4)));
  await until(() => received().at(-10) === 6); // A-RELEASE-RP
});

it("drops a PDU that claims 4 GB at once, before and after association", async () => {
  await start();
  const first = open();
  first.socket.write(pdu(1, Buffer.alloc(10), 0xffff_fff0));
  await first.closed;
  const second = open();
  second.socket.write(associate(context(1, CT, EXPLICIT)));
  await until(() => second.received()[0] === 2);
  const startedAt = performance.now();
  second.socket.write(pdu(4, Buffer.alloc(40 * 1024 * 1024), 0xffff_fff0));
  await second.closed;
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await isUp();
});

it.each([
  ["a data set without a command", data(pdv(1, 2, Buffer.alloc(10)))],
  ["a command in a context that was not accepted", data(pdv(9, 3, storeCommand("1.2")))],
  ["a command that is no command set", data(pdv(1, 3, Buffer.from("not a command set at all")))],
  ["a command whose element claims too much", data(pdv(1, 3, Buffer.from("000002000000ffff", "hex")))],
  ["a fragment longer than its PDU", pdu(4, Buffer.concat([uint32(5000), Buffer.from([1, 3, 0, 0])]))],
  ["a fragment without room for its header", pdu(4, uint32(1))],
  ["an empty fragment of length zero", pdu(4, Buffer.concat([uint32(0), Buffer.from([1, 3])]))],
  ["a second association request", associate(context(1, CT, EXPLICIT))],
  ["an unknown PDU type", pdu(0x42, Buffer.alloc(4))],
  [
    "a release in the middle of a message",
    Buffer.concat([data(pdv(1, 3, storeCommand("1.2"))), pdu(5, Buffer.alloc(4))]),
  ],
  [
    "data in another context than its command",
    Buffer.concat([data(pdv(1, 3, storeCommand("1.2"))), data(pdv(3, 2, Buffer.alloc(4)))]),
  ],
])("aborts on %s", async (_name, bytes) => {
  await start();
  const { socket, received, closed } = open();
  socket.write(associate(context(1, CT, EXPLICIT), context(3, CT, EXPLICIT)));
  await until(() => received()[0] === 2);
  const accepted = received().length;
  socket.write(bytes);
  await closed;
  expect(received()[accepted]).toBe(ABORT);
  expect(await listener.incoming()).toEqual([]);
  await isUp();
});

it.each([
  ["nothing", Buffer.alloc(0)],
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["TLS", Buffer.from("160301020001000f0303", "hex")],
  ["a request that is too short", pdu(1, Buffer.alloc(20))],
  ["items that overrun", pdu(1, Buffer.concat([Buffer.alloc(68), Buffer.from([0x20, 0, 0xff, 0xff, 1])]))],
  ["a context with an even ID", associate(context(2, CT, EXPLICIT))],
  ["a context proposed twice", associate(context(1, CT, EXPLICIT), context(1, CT, EXPLICIT))],
  ["half a request", associate(context(1, CT, EXPLICIT)).subarray(0, 90)],
])("lets go of %s", async (_name, bytes) => {
  await start();
  const { socket, closed } = open();
  socket.end(bytes);
  await closed;
  expect(listener.kept).toEqual([]);
  await isUp();
});

it("leaves no file of a data set that is cut off", async () => {
  await start();
  const { socket, received } = open();
  socket.write(associate(context(1, CT, EXPLICIT)));
  await until(() => received()[0] === 2);
  socket.write(data(pdv(1, 3, storeCommand("1.2.3"))));
  for (let i = 0; i < 40; i += 1) socket.write(data(pdv(1, 0, Buffer.alloc(60_000, i))));
  let seen: string[] = [];
  for (let tries = 0; seen.length === 0 && tries < 500; tries += 1) {
    seen = await listener.incoming();
    await sleep(10);
  }
  expect(seen).toHaveLength(1);
  socket.destroy();
  for (let tries = 0; seen.length > 0 && tries < 500; tries += 1) {
    seen = await listener.incoming();
    await sleep(10);
  }
  expect(seen).toEqual([]);
  expect(listener.kept).toEqual([]);
});

it("never makes a path of what a UID says", async () => {
  await start();
  const { socket, received } = open();
  socket.write(associate(context(1, CT, EXPLICIT)));
  await until(() => received()[0] === 2);
  socket.write(data(pdv(1, 3, storeCommand("../../../../tmp/evil"))));
  socket.write(data(pdv(1, 2, Buffer.alloc(16))));
  await until(() => listener.kept.length === 1);
  expect(listener.kept[0]?.path).toMatch(/\/incoming\/[0-9a-f-]{36}\.incoming$/);
});

it("closes connections that do not associate, and those that fall silent", async () => {
  await start({ artimTimeoutMs: 150, idleTimeoutMs: 250 });
  const silent = open();
  const idle = open();
  idle.socket.write(associate(context(1, CT, EXPLICIT)));
  await silent.closed;
  await idle.closed;
  expect(idle.received()[0]).toBe(2);
  await isUp();
});

it("rejects more associations than it may hold, for the sender to try again", async () => {
  await start({ maxAssociations: 2 });
  const held = [open(), open()];
  for (const { socket } of held) socket.write(associate(context(1, CT, EXPLICIT)));
  await until(() => held.every(({ received }) => received()[0] === 2));
  const third = open();
  third.socket.write(associate(context(1, CT, EXPLICIT)));
  await third.closed;
  // A-ASSOCIATE-RJ: result 2 transient, source 3 presentation, reason 2 local limit exceeded.
  expect([...third.received()]).toEqual([3, 0, 0, 0, 0, 4, 0, 2, 3, 2]);
  held[0]?.socket.destroy();
  await until(() => held[0]?.socket.destroyed === true);
  await sleep(50);
  await isUp();
});

it("survives noise: random bytes, and a good stream with random bytes in it", async () => {
  await start({ artimTimeoutMs: 500, idleTimeoutMs: 500 });
  let state = 20260301;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  const good = Buffer.concat([
    associate(context(1, CT, EXPLICIT)),
    data(pdv(1, 3, storeCommand("1.2.3.4"))),
    data(pdv(1, 0, Buffer.alloc(3000))),
    data(pdv(1, 2, Buffer.alloc(3000))),
    pdu(5, Buffer.alloc(4)),
  ]);
  const memoryBefore = process.memoryUsage().rss;
  const closings: Promise<void>[] = [];
  for (let round = 0; round < 150; round += 1) {
    const bytes = round % 3 === 0 ? Buffer.alloc(random(5000)) : Buffer.from(good);
    const changes = round % 3 === 0 ? bytes.length : 1 + random(6);
    for (let i = 0; i < changes; i += 1) bytes[random(bytes.length)] = random(256);
    const { socket, closed } = open();
    socket.end(bytes);
    closings.push(closed);
    if (round % 30 === 29) await Promise.all(closings);
  }
  await Promise.all(closings);
  await isUp();
  for (let tries = 0; (await listener.incoming()).length > 0 && tries < 500; tries += 1) await sleep(10);
  expect(await listener.incoming()).toEqual([]);
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(150 * 1024 * 1024);
});

it("will not listen beyond loopback without a list of peers, nor for a peer that has no address", async () => {
  await start();
  const options = { port: 0, incomingDir: ".", onInstance: async () => ({ outcome: "stored" }) as const };
  await expect(startDicomListener({ ...options, aeTitle: "A", host: "0.0.0.0" })).rejects.toThrow(
    /needs a list of allowed AE titles/,
  );
  await expect(
    startDicomListener({ ...options, aeTitle: "A", allowedPeers: [{ aeTitle: "B", address: "scanner" }] }),
  ).rejects.toThrow(/IP address or a network/);
  await expect(startDicomListener({ ...options, aeTitle: "" })).rejects.toThrow(/1 to 16 characters/);
});
