/** @file The configuration of what goes out and of orders that come in: defaults, refusals, and secrets kept. */
import { describe, expect, it } from "vitest";

import { parseConfig } from "./config.ts";
import { Section } from "./config-section.ts";
import { parseNotify } from "./notify-config.ts";

const webhook = { name: "pager", kind: "webhook", url: "https://pager.example/hook", secret: "s" };
const withChannel = (channel: unknown) => parseConfig({ notify: { channels: [channel] } });

describe("notify", () => {
  it("tells nobody anything by default", () => {
    expect(parseConfig({}).notify).toEqual({
      pageUrl: null,
      keepDays: 30,
      retry: { attempts: 20, firstSeconds: 2, longestSeconds: 900 },
      channels: [],
    });
  });

  it("names no patient by default, and tells suspicions and their end", () => {
    expect(withChannel(webhook).notify.channels).toEqual([
      { ...webhook, events: ["flagged", "cleared"], include: [], timeoutSeconds: 15 },
    ]);
  });

  it("takes a secret from the environment", () => {
    const section = new Section("notify", { channels: [{ ...webhook, secret: "${PAGER}" }] });
    expect(parseNotify(section, { PAGER: "from outside" }).channels[0]).toMatchObject({
      secret: "from outside",
    });
  });

  it.each([
    [{ ...webhook, name: "Pager 1" }, /channels\[0\]\.name: expected 1 to 32 of a-z, 0-9 and -/],
    [
      { ...webhook, kind: "fax" },
      /channels\[0\]\.kind: expected one of webhook, hl7, fhir, email, got "fax"/,
    ],
    [{ ...webhook, url: "ftp://x" }, /channels\[0\]\.url: expected an http/],
    [{ ...webhook, url: "https://user:pw@x" }, /channels\[0\]\.url: expected an http/],
    [
      { ...webhook, events: ["everything"] },
      /channels\[0\]\.events: expected a list of flagged, cleared, failed, top-tier/,
    ],
    [{ ...webhook, include: ["diagnosis"] }, /channels\[0\]\.include: expected a list of accessionNumber/],
    [{ ...webhook, secret: undefined }, /channels\[0\]\.secret: expected a secret to sign with, got nothing/],
    [{ ...webhook, host: "x" }, /channels\[0\]\.host: expected one of name, kind, .*secret, got "host"/],
    [{ name: "ris", kind: "hl7" }, /channels\[0\]\.host: expected a host, got nothing/],
    [
      { name: "m", kind: "email", host: "h", from: "a@b", to: [] },
      /channels\[0\]\.to: expected a list of e-mail/,
    ],
    [{ name: "m", kind: "email", host: "h", from: "a@b\nBcc: c@d", to: ["a@b"] }, /channels\[0\]\.from/],
  ])("refuses %j and says why", (channel, message) => {
    expect(() => withChannel(channel)).toThrow(message);
  });

  it("wants a name of its own for each channel", () => {
    expect(() => parseConfig({ notify: { channels: [webhook, webhook] } })).toThrow(
      /a name of its own for each, got "pager"/,
    );
  });

  it("repeats no secret in an error", () => {
    expect(() => withChannel({ ...webhook, secret: 12345 })).toThrow(
      /secret: expected a text .*, got "something else"/,
    );
    expect(() => withChannel({ ...webhook, secret: "${NO_SUCH_VARIABLE}" })).toThrow(
      /secret: expected the environment to have NO_SUCH_VARIABLE, got nothing/,
    );
    expect(() => withChannel({ ...webhook, url: "hidden/path" })).toThrow(
      /url: expected an http.*got "something else"/,
    );
  });
});

describe("hl7", () => {
  it("takes no orders unless it has a port, and then on loopback", () => {
    expect(parseConfig({}).hl7).toBeNull();
    expect(parseConfig({ hl7: { port: 2575 } }).hl7).toMatchObject({
      host: "127.0.0.1",
      port: 2575,
      allowedPeers: null,
    });
  });

  it("wants to know the senders when its port is on a network", () => {
    const hl7 = { host: "0.0.0.0", port: 2575 };
    expect(() => parseConfig({ hl7 })).toThrow(
      /hl7\.allowedPeers: expected a list of the addresses that may send/,
    );
    expect(() => parseConfig({ hl7: { ...hl7, allowedPeers: [] } })).toThrow(/hl7\.allowedPeers/);
    expect(() => parseConfig({ hl7: { ...hl7, allowedPeers: ["ris.example"] } })).toThrow(
      /a list of IP addresses/,
    );
    expect(parseConfig({ hl7: { ...hl7, allowedPeers: ["10.1.0.0/16"] } }).hl7?.allowedPeers).toEqual([
      "10.1.0.0/16",
    ]);
    expect(() => parseConfig({ hl7: { port: 2575, accessionFrom: ["OBR-99"] } })).toThrow(
      /hl7\.accessionFrom/,
    );
  });
});
