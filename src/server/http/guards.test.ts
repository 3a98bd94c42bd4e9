import { describe, expect, it } from "vitest";

import { refuseForeign } from "./guards.ts";

const attempt = (method: string, headers: Record<string, string>) => () => refuseForeign(method, headers);

describe("refuseForeign", () => {
  it.each(["localhost", "localhost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "LOCALHOST:80"])(
    "answers to the Host %s",
    (host) => {
      expect(attempt("GET", { host })).not.toThrow();
    },
  );

  it.each([
    ...["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:127"],
    ...["user@127.0.0.1", "127.0.0.1/..", "0.0.0.0", "10.0.0.1", "[::2]", "127.0.0.1:x"],
  ])("does not answer to the Host %j", (host) => {
    expect(attempt("GET", { host })).toThrow(/Expected a Host of this machine/);
  });

  it("lets its own page and programs write, and no other page", () => {
    const host = "127.0.0.1:8080";
    expect(attempt("POST", { host })).not.toThrow();
    expect(attempt("POST", { host, origin: "http://127.0.0.1:8080" })).not.toThrow();
    expect(
      attempt("POST", { host, origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-origin" }),
    ).not.toThrow();
    for (const origin of [
      "http://127.0.0.1:3000",
      "http://localhost:8080",
      "https://evil.example",
      "null",
      "",
    ]) {
      expect(attempt("POST", { host, origin }), origin).toThrow(/Expected a write from this page/);
    }
    expect(attempt("POST", { host, "sec-fetch-site": "same-site" })).toThrow(
      /Expected a write from this page/,
    );
  });
});
