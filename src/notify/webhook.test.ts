/** @file The webhook: the specification's own vector, and what a receiver that checks it sees. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, it } from "vitest";

import { DeliveryFailed, DeliveryRefused } from "./channel.ts";
import { noticeFor } from "./test-notice.ts";
import { signWebhook } from "./webhook-signature.ts";
import { webhookChannel } from "./webhook.ts";

describe("signWebhook", () => {
  it("agrees with the Standard Webhooks specification's vector", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(signWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}')).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  it("takes a secret of another form as it is", () => {
    // printf 'a.1.{}' | openssl dgst -sha256 -hmac 'plain secret' -binary | base64
    expect(signWebhook("plain secret", "a", 1, "{}")).toBe("v1,wxY7emgXTPJ+JqOj7p7hEkN4daWpbprzv3hCUO71RDg=");
  });
});

/** Answers every request so, and gives the request. */
async function answering(status: number) {
  const seen: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ headers: request.headers, body });
      response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {}).end("Doe^Jane");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=hidden`;
  return { url, seen, close: () => server.close() };
}

describe("webhookChannel", () => {
  const signal = AbortSignal.timeout(20_000);

  it("names the study by its reference alone, and says the same id at each attempt", async () => {
    const { url, seen, close } = await answering(204);
    const channel = webhookChannel({ url: url, secret: "s" }, () => 1_700_000_000_999);
    const notice = noticeFor("flagged");
    expect(await channel.send(notice, signal)).toBe("204");
    expect(await channel.send(notice, signal)).toBe("204");
    close();
    const [first, second] = seen;
    expect(first?.headers).toMatchObject({
      "webhook-id": notice.id,
      "webhook-timestamp": "1700000000",
      "webhook-signature": signWebhook("s", notice.id, 1_700_000_000, first?.body ?? ""),
    });
    expect(second).toEqual({
      ...first,
      headers: { ...first?.headers, connection: expect.any(String) as string },
    });
    expect(JSON.parse(first?.body ?? "")).toEqual({
      id: notice.id,
      type: "study.flagged",
      timestamp: "2026-03-01T22:14:05.000Z",
      notice: "Research use only. Not for diagnosis.",
      summary: "Suspected hemorrhage (93 %), study 0123456789",
      data: {
        study: { reference: "0123456789", link: "https://page.example/open/0123456789" },
        finding: notice.finding,
        tier: null,
        reason: "",
      },
    });
  });

  it.each([
    [500, DeliveryFailed],
    [429, DeliveryFailed],
    [401, DeliveryFailed],
    [302, DeliveryRefused],
    [400, DeliveryRefused],
  ])("takes %i for what it is, and repeats neither the peer's words nor a secret", async (status, kind) => {
    const { url, close } = await answering(status);
    const channel = webhookChannel({ url: url, secret: "s" });
    const error = await channel.send(noticeFor("flagged"), signal).catch((thrown: unknown) => thrown);
    close();
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/… answered \d{3}\.$/);
  });

  it("says why a peer cannot be reached", async () => {
    const { url, close } = await answering(204);
    close();
    const channel = webhookChannel({ url, secret: "s" });
    await expect(channel.send(noticeFor("flagged"), signal)).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:\d+\/… cannot be reached \(ECONNREFUSED\)\.$/,
    );
  });
});
