/**
 * @file What the server refuses, with a reason: bodies that are not as agreed, what is not known, other names and sites.
 * Real PostgreSQL, a stand-in for the model.
 */
import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { post, send, startTestServer, studyFiles, type TestServer } from "./support/running-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await send(server, studyFiles("1.2.10", 1));
});
afterAll(async () => server.remove());

/** One request with headers that `fetch` would not let through. Resolves to the status. */
function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.httpUrl);
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end(method === "POST" ? '{"reader":"Ann"}' : undefined);
  });
}

describe("what is refused", () => {
  it("a body that is not as agreed, with a reason", async () => {
    const wrong: readonly unknown[] = [
      {},
      { reader: "" },
      { reader: "  " },
      { reader: "A\nB" },
      { reader: 7 },
      [],
    ];
    for (const body of wrong) {
      const answer = await post(server, "/api/studies/1.2.10/claim", body);
      expect(answer.status, JSON.stringify(body)).toBe(400);
      expect(answer.body.error?.message).not.toBe("");
    }
    const text = await fetch(`${server.httpUrl}/api/studies/1.2.10/claim`, {
      method: "POST",
      body: "reader=Ann",
    });
    expect(text.status).toBe(415);
  });

  it("what is not known", async () => {
    expect((await fetch(`${server.httpUrl}/api/studies/9.9.9`)).status).toBe(404);
    expect((await post(server, "/api/studies/9.9.9/claim", { reader: "Ann" })).status).toBe(404);
    expect((await post(server, "/api/studies/1.2.10/shred", { reader: "Ann" })).status).toBe(404);
    expect((await fetch(`${server.httpUrl}/nothing`)).status).toBe(404);
  });

  it("a name that is not this machine's (DNS rebinding)", async () => {
    expect(await statusOf("GET", "/api/worklist", { host: "evil.example" })).toBe(403);
    expect(await statusOf("GET", "/api/worklist", { host: "127.0.0.1.evil.example" })).toBe(403);
    expect(await statusOf("GET", "/api/worklist", { host: "localhost:9999" })).toBe(200);
    expect(await statusOf("GET", "/api/worklist", { host: "[::1]" })).toBe(200);
  });

  it("another site's write (CSRF)", async () => {
    const { host } = new URL(server.httpUrl);
    const path = "/api/studies/1.2.10/claim";
    const json = { host, "content-type": "application/json" };
    expect(await statusOf("POST", path, { ...json, origin: "https://evil.example" })).toBe(403);
    expect(await statusOf("POST", path, { ...json, origin: "null" })).toBe(403);
    expect(await statusOf("POST", path, { ...json, origin: "http://localhost:3000" })).toBe(403);
    expect(await statusOf("POST", path, { ...json, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await statusOf("POST", path, { ...json, origin: `http://${host}` })).toBe(200);
  });
});
