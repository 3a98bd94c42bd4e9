/**
 * @file Channels against programs that no one here wrote: python3-hl7 takes our results, aiosmtpd our mails, and
 * Medplum's HL7 server answers as a test wants.
 */
import { Hl7Message } from "@medplum/core";
import { describe, expect, it } from "vitest";

import { DeliveryFailed, DeliveryRefused } from "../src/notify/channel.ts";
import { emailChannel } from "../src/notify/email.ts";
import { fhirChannel } from "../src/notify/fhir.ts";
import { hl7Channel } from "../src/notify/hl7-channel.ts";
import { noticeFor } from "../src/notify/test-notice.ts";
import { startFhirServer } from "./support/fhir-server.ts";
import { hasAiosmtpd, hasPythonHl7, startAiosmtpd, startPythonHl7 } from "./support/hl7-peers.ts";
import { startRawServer } from "./support/raw-server.ts";

const PARTIES = {
  ...{ sendingApplication: "FIRSTREAD", sendingFacility: "" },
  ...{ receivingApplication: "RIS", receivingFacility: "" },
};
const patience = (): AbortSignal => AbortSignal.timeout(25_000);
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe.skipIf(!hasPythonHl7)("HL7 to python3-hl7 (python3-hl7 must be installed)", () => {
  it.each([
    ["AA", null],
    ["AE", DeliveryRefused],
    ["AR", DeliveryFailed],
  ])("is read there whole, and %s means what the standard says", async (ack, failure) => {
    const peer = await startPythonHl7(ack);
    try {
      const channel = hl7Channel({ host: "127.0.0.1", port: peer.port, ...PARTIES });
      const sent = thrownBy(channel.send(noticeFor("flagged", { patientName: "Wéber^Anna|x" }), patience()));
      if (failure === null) expect(await sent).toBe("AA");
      else expect(await sent).toBeInstanceOf(failure);
      await expect.poll(() => peer.output(), { timeout: 20_000 }).toMatch(/MESSAGE [^]*OBX\|4.*\n/);
      const text = peer.output().slice(peer.output().indexOf("MSH"));
      const message = Hl7Message.parse(text.trim().replaceAll("\n", "\r"));
      expect(message.segments.map(({ name }) => name)).toEqual([
        ...["MSH", "PID", "OBR", "NTE", "NTE", "NTE", "TQ1", "OBX", "OBX", "OBX", "OBX"],
      ]);
      expect(message.getSegment("PID")?.getComponent(5, 1)).toBe("Wéber");
    } finally {
      await peer.close();
    }
  });
});

describe("HL7 to peers in trouble", () => {
  const sendTo = (port: number, signal = patience()) =>
    thrownBy(hl7Channel({ host: "127.0.0.1", port, ...PARTIES }).send(noticeFor("flagged"), signal));

  it.each([
    ["closes at once", null, /closed the connection without an answer/],
    ["answers HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", /no acknowledgement. Expected a frame/],
    ["answers no HL7", "\x0bhello\x1c\r", /no acknowledgement/],
    ["answers a code of no table", "\x0bMSH|^~\\&|A|B\rMSA|OK|0b5e6c1a7d2f4c3b9a8e\x1c\r", /unknown code/],
  ])("tries again when the peer %s", async (_name, answer, message) => {
    const peer = await startRawServer(answer);
    const error = await sendTo(peer.port);
    await peer.close();
    expect(error).toBeInstanceOf(DeliveryFailed);
    expect((error as Error).message).toMatch(message);
  });

  it("passes over another message's acknowledgement, and waits no longer than it may", async () => {
    const peer = await startRawServer("\x0bMSH|^~\\&|A|B\rMSA|AA|another\x1c\r", true);
    const error = await sendTo(peer.port, AbortSignal.timeout(300));
    await peer.close();
    expect(error).toEqual(new DeliveryFailed(`127.0.0.1:${peer.port} did not answer in time.`));
  });

  it("repeats the codes of a refusal, not its words", async () => {
    const peer = await startRawServer(
      "\x0bMSH|^~\\&|A|B\rMSA|AE|0b5e6c1a7d2f4c3b9a8e|Doe^Jane is unknown\rERR|||204^Unknown key Doe^HL70357|E\x1c\r",
    );
    const error = await sendTo(peer.port);
    await peer.close();
    expect(error).toEqual(
      new DeliveryRefused(`127.0.0.1:${peer.port} found an error in the message: AE (error 204).`),
    );
  });
});

describe.skipIf(!hasAiosmtpd)("e-mail to aiosmtpd (python3-aiosmtpd must be installed)", () => {
  it("arrives, in plain words and to everyone named", async () => {
    const peer = await startAiosmtpd();
    const channel = emailChannel({
      ...{ host: "127.0.0.1", port: peer.port, security: "none", user: null, password: null },
      ...{ from: "firstread@clinic.example", to: ["duty@clinic.example", "second@clinic.example"] },
    });
    try {
      expect(await channel.send(noticeFor("flagged"), patience())).toBe("250");
      await expect.poll(() => peer.output(), { timeout: 20_000 }).toContain("END MESSAGE");
      const mail = peer.output();
      expect(mail).toContain("Subject: FirstRead: Suspected hemorrhage (93 %), study 0123456789");
      expect(mail).toContain("To: duty@clinic.example, second@clinic.example");
      expect(mail).toContain("Message-ID: <0b5e6c1a-7d2f-4c3b-9a8e-112233445566@firstread>");
      expect(mail).toContain("Research use only. Not for diagnosis.");
      expect(mail).toContain("Open: https://page.example/open/0123456789");
    } finally {
      await peer.close();
    }
  });

  it("does not go without encryption where the configuration wants it", async () => {
    const peer = await startAiosmtpd();
    const channel = emailChannel({
      ...{ host: "127.0.0.1", port: peer.port, security: "starttls", user: null, password: null },
      ...{ from: "firstread@clinic.example", to: ["duty@clinic.example"] },
    });
    const error = await thrownBy(channel.send(noticeFor("flagged"), patience()));
    await peer.close();
    expect(error).toBeInstanceOf(Error);
    expect(peer.output()).not.toContain("Subject");
  });
});

describe("e-mail to a server that refuses", () => {
  it.each([
    ["550 5.1.1 Jane Doe is unknown", DeliveryRefused, /answered 550\.$/],
    ["451 4.3.0 Later", DeliveryFailed, /answered 451\.$/],
  ])("takes %s for what it is, without its words", async (answer, kind, message) => {
    const peer = await startRawServer(`220 hello\r\n`, true, (line) =>
      /^(EHLO|HELO)/.test(line) ? "250 hello\r\n" : /^MAIL/.test(line) ? "250 ok\r\n" : `${answer}\r\n`,
    );
    const channel = emailChannel({
      ...{ host: "127.0.0.1", port: peer.port, security: "none", user: null, password: null },
      ...{ from: "firstread@clinic.example", to: ["duty@clinic.example"] },
    });
    const error = await thrownBy(channel.send(noticeFor("flagged"), patience()));
    await peer.close();
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
  });
});

describe("FHIR", () => {
  it("sends one transaction with its token, and tests without leaving a resource", async () => {
    const peer = await startFhirServer();
    const channel = fhirChannel({ url: `${peer.url}/`, token: "secret token" });
    expect(await channel.send(noticeFor("test"), patience())).toBe("FHIR 4.0.1");
    expect(peer.received).toEqual([]);
    expect(await channel.send(noticeFor("flagged"), patience())).toBe("200");
    const [{ authorization, contentType, bundle } = { authorization: "", contentType: "", bundle: null }] =
      peer.received;
    await peer.close();
    expect([authorization, contentType]).toEqual(["Bearer secret token", "application/fhir+json"]);
    expect(bundle).toMatchObject({ resourceType: "Bundle", type: "transaction" });
  });

  it("repeats the codes of an OperationOutcome, not its words", async () => {
    const outcome = {
      resourceType: "OperationOutcome",
      issue: [{ code: "invariant", diagnostics: "Jane Doe" }],
    };
    const peer = await startFhirServer({ status: 422, answer: outcome });
    const error = await thrownBy(
      fhirChannel({ url: peer.url, token: null }).send(noticeFor("flagged"), patience()),
    );
    await peer.close();
    expect(error).toEqual(new DeliveryRefused(`${peer.url} answered 422 (invariant).`));
  });

  it.each([
    ["a page", "<html>"],
    [
      "a Bundle that was not all done",
      { resourceType: "Bundle", entry: [{ response: { status: "201" } }, { response: { status: "412" } }] },
    ],
  ])("does not take %s for done", async (_name, answer) => {
    const peer = await startFhirServer({ status: 200, answer });
    const error = await thrownBy(
      fhirChannel({ url: peer.url, token: null }).send(noticeFor("flagged"), patience()),
    );
    await peer.close();
    expect(error).toBeInstanceOf(DeliveryFailed);
  });
});
