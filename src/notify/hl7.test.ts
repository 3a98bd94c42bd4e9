/** @file HL7 v2 as we write it: golden messages by hand from the standard's tables; frames in any pieces. */
import { describe, expect, it } from "vitest";

import { acknowledge } from "./hl7-ack.ts";
import { resultMessage } from "./hl7-result.ts";
import { escapeHl7, unescapeHl7 } from "./hl7-text.ts";
import { BadFrame, frameMllp, MllpReader } from "./mllp.ts";
import { noticeFor } from "./test-notice.ts";

const PARTIES = {
  sendingApplication: "FIRSTREAD",
  sendingFacility: "CLINIC",
  receivingApplication: "RIS",
  receivingFacility: "R&D",
};
const SENT_AT = new Date("2026-03-01T22:14:06Z");
const write = (...args: Parameters<typeof noticeFor>): string[] =>
  resultMessage(noticeFor(...args), PARTIES, SENT_AT)
    .split("\r")
    .slice(0, -1);

describe("escapeHl7", () => {
  it("escapes every separator, and comes back", () => {
    expect(escapeHl7("a|b^c&d~e\\f")).toBe("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f");
    expect(unescapeHl7("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f")).toBe("a|b^c&d~e\\f");
  });

  it("lets no line break end a segment, and passes over highlighting", () => {
    expect(escapeHl7("one\r\nMSH|two")).toBe("one MSH\\F\\two");
    expect(unescapeHl7("\\H\\loud\\N\\")).toBe("loud");
  });
});

describe("resultMessage", () => {
  it("says a suspected hemorrhage, of nobody unless the configuration names them", () => {
    expect(write("flagged")).toEqual([
      "MSH|^~\\&|FIRSTREAD|CLINIC|RIS|R\\T\\D|20260301221406+0000||ORU^R01^ORU_R01|0b5e6c1a7d2f4c3b9a8e|P|2.5.1||||||UNICODE UTF-8",
      "PID|1||0123456789^^^FIRSTREAD^ANON||STUDY^0123456789^^^^^S",
      "OBR|1||0123456789^FIRSTREAD|11539-4^CT Head Report^LN|||20260301221405+0000|||||||||||0123456789||||20260301221405+0000||CT|P",
      "NTE|1|L|Suspected hemorrhage (93 %), study 0123456789",
      "NTE|2|L|Open: https://page.example/open/0123456789",
      "NTE|3|L|Research use only. Not for diagnosis.",
      "TQ1|1||||||||S^Stat^HL70485",
      "OBX|1|CWE|1386000^Intracranial hemorrhage^SCT||415684004^Suspected^SCT|||AA|||P|||20260301221405+0000",
      "OBX|2|NM|111012^Certainty of Finding^DCM||93|%^percent^UCUM|<50|H|||P|||20260301221405+0000",
      "OBX|3|ST|111001^Algorithm Name^DCM||head-ct-bleed||||||P|||20260301221405+0000",
      "OBX|4|ST|111003^Algorithm Version^DCM||2.0.0||||||P|||20260301221405+0000",
    ]);
  });

  it("corrects what is no longer suspected, without haste", () => {
    const message = write("cleared");
    expect(message.find((one) => one.startsWith("OBX|1"))).toBe(
      "OBX|1|CWE|1386000^Intracranial hemorrhage^SCT||260415000^Not detected^SCT|||N|||C|||20260301221405+0000",
    );
    expect(message.some((one) => one.startsWith("TQ1"))).toBe(false);
  });

  it("has no value for a failure, and no observation for a test", () => {
    expect(write("failed").filter((one) => one.startsWith("OBX"))).toEqual([
      "OBX|1|CWE|1386000^Intracranial hemorrhage^SCT||||||||X|||20260301221405+0000",
    ]);
    const test = write("test");
    expect(test[0]).toContain("|T|2.5.1");
    expect(test.filter((one) => one.startsWith("OBX"))).toEqual([]);
  });

  it("names whom the configuration names, DICOM's name as HL7 has it", () => {
    const included = {
      patientId: "P^1",
      patientName: "Weber^Anna^M^Dr^II=ウェーバー",
      patientSex: "F",
      accessionNumber: "A|7",
    };
    const [, pid, obr] = write("flagged", included);
    expect(pid).toBe("PID|1||P\\S\\1^^^^PI||Weber^Anna^M^II^Dr^^L|||F");
    expect(obr).toContain("OBR|1||A\\F\\7^FIRSTREAD|");
  });
});

describe("MllpReader", () => {
  it("reads messages whatever the pieces", () => {
    const bytes = Buffer.concat([frameMllp("MSH|Ä"), frameMllp("MSH|two\rPID|1"), Buffer.from("\r\n")]);
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new MllpReader();
      const messages: string[] = [];
      for (let at = 0; at < bytes.length; at += size)
        messages.push(...reader.push(bytes.subarray(at, at + size)));
      expect(messages).toEqual(["MSH|Ä", "MSH|two\rPID|1"]);
    }
  });

  it("refuses what is no frame, and one that never ends", () => {
    expect(() => new MllpReader().push(Buffer.from("GET / HTTP/1.1"))).toThrow(
      new BadFrame("Expected a frame that begins with 0x0B, got 0x47."),
    );
    const reader = new MllpReader(10);
    reader.push(Buffer.from("\x0b12345"));
    expect(() => reader.push(Buffer.from("678901"))).toThrow(/at most 10 bytes/);
  });
});

describe("acknowledge", () => {
  const ORDER = "MSH|^~\\&|RIS|HOSP|FIRSTREAD|CLINIC|20260301||ORM^O01|77|P|2.4\rORC|NW";

  it("answers to who sent it, in the sender's version", () => {
    expect(acknowledge(ORDER, null, SENT_AT)).toBe(
      "MSH|^~\\&|FIRSTREAD|CLINIC|RIS|HOSP|20260301221406+0000||ACK^O01^ACK|A77|P|2.4||||||UNICODE UTF-8\rMSA|AA|77\r",
    );
  });

  it("says what is wrong, also of what is no message", () => {
    const problem = { ack: "AR" as const, errorCode: "100", message: "Expected | got nothing." };
    expect(acknowledge("rubbish", problem, SENT_AT)).toBe(
      "MSH|^~\\&|FIRSTREAD||||20260301221406+0000||ACK|A|P|2.5.1||||||UNICODE UTF-8\rMSA|AR\r" +
        "ERR|||100^^HL70357|E||||Expected \\F\\ got nothing.\r",
    );
  });
});
