/**
 * @file Orders by HL7: from Medplum's and python3-hl7's senders to a study's row, whichever comes first; and what
 * is no order.
 */
import { connect } from "node:net";

import { Hl7Message } from "@medplum/core";
import { Hl7Client } from "@medplum/hl7";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ctFile } from "./support/ct-file.ts";
import { hasPythonHl7, sendByPython } from "./support/hl7-peers.ts";
import {
  getStudy,
  makeFolder,
  send,
  startTestServer,
  untilItem,
  type TestServer,
} from "./support/running-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { hl7: { port: 0, accessionFrom: ["IPC-1", "OBR-18"] } } });
});
afterAll(async () => server.remove());

let lastId = 0;
/** An order as a RIS writes it. */
function order(accession: string, { priority = "", patientClass = "", control = "NW" }): string {
  const obr = [
    "OBR",
    "1",
    ...Array<string>(16).fill(""),
    accession,
    ...Array<string>(8).fill(""),
    `^^^^^${priority}`,
  ];
  lastId += 1;
  return [
    `MSH|^~\\&|RIS|HOSP|FIRSTREAD||20260301221405||ORM^O01^ORM_O01|M${lastId}|P|2.5.1`,
    "PID|1||T1||TEST^RECEIVING",
    `PV1|1|${patientClass}`,
    `ORC|${control}`,
    obr.join("|"),
  ].join("\r");
}

/** By Medplum's client. @returns MSA-1 and ERR-8 */
async function sendOrder(text: string): Promise<{ code: string; reason: string }> {
  const client = new Hl7Client({ host: "127.0.0.1", port: server.hl7Port });
  try {
    const answer = await client.sendAndWait(Hl7Message.parse(text), { timeoutMs: 20_000 });
    return {
      code: answer.getSegment("MSA")?.getField(1)?.toString() ?? "",
      reason: answer.getSegment("ERR")?.getField(8)?.toString() ?? "",
    };
  } finally {
    await client.close();
  }
}

const study = (uid: string, accessionNumber: string) =>
  send(server, [
    ctFile({
      ...{ studyInstanceUid: uid, seriesInstanceUid: `${uid}.1`, sopInstanceUid: `${uid}.1.1` },
      ...{ instanceNumber: 1, rows: 8, columns: 8, text: { "00080050": accessionNumber } },
    }),
  ]);

describe("an order", () => {
  it("sets the priority and patient class of a study that is here, and the history says who did", async () => {
    await study("1.3.1", "B1");
    const before = await untilItem(server, "1.3.1", () => true);
    expect([before.orderPriority, before.patientClass]).toEqual(["routine", "unknown"]);
    expect(await sendOrder(order("B1", { priority: "S", patientClass: "E" }))).toEqual({
      code: "AA",
      reason: "",
    });
    const { item, history } = await getStudy(server, "1.3.1");
    expect([item.orderPriority, item.patientClass]).toEqual(["stat", "emergency"]);
    expect(history).toContainEqual(
      expect.objectContaining({
        who: "RIS HOSP",
        what: "ordered",
        detail: `priority routine to stat, patient class unknown to emergency (HL7 message M${lastId})`,
      }),
    );
    // What a message does not say stays as it was; the same again changes nothing.
    await sendOrder(order("B1", { patientClass: "I" }));
    await sendOrder(order("B1", { patientClass: "I" }));
    const after = await getStudy(server, "1.3.1");
    expect([after.item.orderPriority, after.item.patientClass]).toEqual(["stat", "inpatient"]);
    expect(after.history.filter(({ what }) => what === "ordered")).toHaveLength(2);
  });

  it("waits for a study that comes later", async () => {
    await sendOrder(order("B2", { priority: "A", patientClass: "O" }));
    await study("1.3.2", "B2");
    const item = await untilItem(server, "1.3.2", ({ patientClass }) => patientClass === "outpatient");
    expect(item.orderPriority).toBe("urgent");
  });

  it("is forgotten when it is cancelled before its study comes", async () => {
    await sendOrder(order("B3", { priority: "S", patientClass: "E" }));
    expect((await sendOrder(order("B3", { control: "CA" }))).code).toBe("AA");
    await study("1.3.3", "B3");
    await untilItem(server, "1.3.3", ({ analysis }) => analysis === "scored");
    const { item } = await getStudy(server, "1.3.3");
    expect([item.orderPriority, item.patientClass]).toEqual(["routine", "unknown"]);
  });

  it.skipIf(!hasPythonHl7)("is taken from python3-hl7 (python3-hl7 must be installed)", async () => {
    await study("1.3.4", "B4");
    await untilItem(server, "1.3.4", () => true);
    const folder = await makeFolder();
    const { code, output } = await sendByPython(folder, server.hl7Port, order("B4", { priority: "S" }));
    await rm(folder, { recursive: true });
    expect([code, output]).toEqual([0, expect.stringContaining(`MSA|AA|M${lastId}`)]);
    await untilItem(server, "1.3.4", ({ orderPriority }) => orderPriority === "stat");
  });
});

describe("what is no order", () => {
  it.each([
    [
      "without an accession number",
      order("", { priority: "S" }),
      "AE",
      /IPC-1, OBR-18: expected an accession number/,
    ],
    [
      "with a priority of no table",
      order("B1", { priority: "SOON" }),
      "AE",
      /OBR-27: expected one of .* got SOON/,
    ],
    ["another message", order("B1", {}).replace("ORM^O01^ORM_O01", "ADT^A08"), "AR", /expected ORM\S+O01/],
  ])("is answered with a reason: %s", async (_name, text, code, reason) => {
    const answer = await sendOrder(text);
    expect(answer.code).toBe(code);
    expect(answer.reason).toMatch(reason);
  });

  it("neither ends the listener nor the connections of others", async () => {
    const other = new Hl7Client({ host: "127.0.0.1", port: server.hl7Port, keepAlive: true });
    await other.sendAndWait(Hl7Message.parse(order("B9", { priority: "R" })));
    for (const rubbish of [
      "GET / HTTP/1.1\r\n\r\n",
      "\x0b",
      "\x0brubbish\x1c\r",
      `\x0b${"x".repeat(2_000_000)}`,
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.hl7Port, "127.0.0.1", () => socket.write(rubbish));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
        socket.on("data", () => socket.destroy());
        // A frame that never ends is ended from here; everything else by the listener or by its answer.
        if (rubbish === "\x0b") socket.on("connect", () => socket.end());
      });
    }
    const answer = await other.sendAndWait(Hl7Message.parse(order("B9", { priority: "S" })));
    expect(answer.getSegment("MSA")?.getField(1)?.toString()).toBe("AA");
    await other.close();
  });
});
