/** @file Orders as senders write them: versions, repetitions, escapes, and everything that can be wrong. */
import { describe, expect, it } from "vitest";

import { ACCESSION_FIELDS } from "./accession-fields.ts";
import { BadOrder, parseOrders } from "./order-message.ts";

const MSH = "MSH|^~\\&|RIS|HOSP|FIRSTREAD||202603012214||ORM^O01^ORM_O01|42|P|2.5.1";
const parse = (...segments: string[]) => parseOrders(segments.join("\r"), ACCESSION_FIELDS);
/** An OBR with these fields. */
const obr = (fields: Record<number, string>): string =>
  ["OBR", ...Array.from({ length: 27 }, (_, i) => fields[i + 1] ?? "")].join("|");
const problemOf = (...segments: string[]): BadOrder => {
  try {
    parse(...segments);
  } catch (error) {
    if (error instanceof BadOrder) return error;
  }
  throw new Error("It was taken.");
};

describe("parseOrders", () => {
  it("reads accession number, priority and patient class of an ORM", () => {
    const message = parse(MSH, "PID|1||P1", "PV1|1|E", "ORC|NW|P7|F7", obr({ 18: "A100", 27: "^^^^^S" }));
    expect(message).toEqual({
      sender: "RIS HOSP",
      controlId: "42",
      orders: [
        { accessionNumber: "A100", orderPriority: "stat", patientClass: "emergency", isCancelled: false },
      ],
    });
  });

  it("reads an OMI: IPC-1 and TQ1-9", () => {
    const omi = MSH.replace("ORM^O01^ORM_O01", "OMI^O23^OMI_O23");
    const message = parse(
      omi,
      "PV1|1|I",
      "ORC|NW",
      "TQ1|1||||||||A",
      obr({ 18: "other" }),
      "IPC|A200^RIS|1.2",
    );
    expect(message.orders).toEqual([
      { accessionNumber: "A200", orderPriority: "urgent", patientClass: "inpatient", isCancelled: false },
    ]);
  });

  it.each([
    ["TQ1-9 before OBR-27", ["TQ1|1||||||||R", obr({ 18: "A", 27: "^^^^^S" })], "routine"],
    ["OBR-27 before ORC-7", [obr({ 18: "A", 27: "^^^^^A" })], "urgent"],
    ["OBR-5 of old senders", [obr({ 5: "s", 18: "A" })], "stat"],
    ["none", [obr({ 18: "A" })], null],
  ])("takes the priority from %s", (_name, segments, expected) => {
    const orc = expected === "urgent" ? "ORC|NW||||||^^^^^S" : "ORC|NW";
    expect(parse(MSH, orc, ...segments).orders[0]?.orderPriority).toBe(expected);
  });

  it("reads every order of a message, each with its own fields", () => {
    const { orders } = parse(
      MSH,
      "PV1|1|O",
      "ORC|NW",
      obr({ 18: "A1", 27: "^^^^^S" }),
      "ORC|CA",
      obr({ 18: "A2" }),
      obr({ 18: "A3" }),
    );
    expect(orders.map((order) => [order.accessionNumber, order.orderPriority, order.isCancelled])).toEqual([
      ["A1", "stat", false],
      ["A2", null, true],
      ["A3", null, false],
    ]);
  });

  it("unescapes, and takes line ends for segment ends", () => {
    const text = [MSH, "ORC|NW", obr({ 18: "A\\T\\B" })].join("\r\n");
    expect(parseOrders(text, ["OBR-18"]).orders[0]?.accessionNumber).toBe("A&B");
  });

  it.each([
    ["nothing", [""], "AR", "100", /begins with MSH/],
    ["no HL7", ["GET / HTTP/1.1"], "AR", "100", /begins with MSH/],
    ["only a name", ["MSH"], "AR", "100", /begins with MSH/],
    ["another message", [MSH.replace("ORM^O01^ORM_O01", "ADT^A01")], "AR", "200", /MSH-9: .* got ADT\^A01/],
    ["no control ID", [MSH.replace("|42|", "||"), "ORC|NW"], "AE", "101", /MSH-10/],
    ["no order", [MSH, "PV1|1|E"], "AE", "101", /ORC: expected at least one order/],
    ["no accession number", [MSH, "ORC|NW", obr({ 27: "^^^^^S" })], "AE", "101", /OBR-18/],
    [
      "a priority of no table",
      [MSH, "ORC|NW", obr({ 18: "A", 27: "^^^^^SOON" })],
      "AE",
      "103",
      /OBR-27: .*got SOON/,
    ],
    ["a class of no table", [MSH, "PV1|1|X", "ORC|NW", obr({ 18: "A" })], "AE", "103", /PV1-2: .*got X/],
    [
      "a priority named like a property",
      [MSH, "ORC|NW", obr({ 5: "constructor", 18: "A" })],
      "AE",
      "103",
      /OBR-5/,
    ],
    ["an endless accession number", [MSH, "ORC|NW", obr({ 18: "A".repeat(65) })], "AE", "102", /at most 64/],
  ])("refuses %s and says why", (_name, segments, ack, errorCode, message) => {
    const problem = problemOf(...segments);
    expect(problem).toMatchObject({ ack, errorCode });
    expect(problem.message).toMatch(message);
  });

  it("never fails in another way, whatever is cut off or changed", () => {
    const whole = [MSH, "PV1|1|E", "ORC|NW|P7|F7", "TQ1|1||||||||S", obr({ 18: "A100" })].join("\r");
    for (let at = 0; at < whole.length; at++) {
      for (const text of [whole.slice(0, at), `${whole.slice(0, at)}\\${whole.slice(at + 1)}`]) {
        try {
          parseOrders(text, ACCESSION_FIELDS);
        } catch (error) {
          expect(error).toBeInstanceOf(BadOrder);
        }
      }
    }
  });
});
