/**
 * @file Who may speak to the HTTP side, and what every answer carries.
 *
 * FirstRead has no login yet, so it answers this machine only. Listening on loopback is not enough for that:
 * any web page can make the browser of this machine send requests here. A name that an attacker points at
 * 127.0.0.1 (DNS rebinding) is refused by the Host header; another site's write (CSRF) by its Origin.
 */
import type { FastifyInstance } from "fastify";

import { isLoopback } from "../config.ts";
import { HttpError } from "../errors.ts";

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** RFC 9110, 7.2: a name or an address (IPv6 in brackets), and a port. */
const HOST = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/;

/** The host's name without its port; IPv6 without its brackets. "" when it is none. */
function hostName(host: string): string {
  const [, address, name] = HOST.exec(host.toLowerCase()) ?? [];
  return address ?? name ?? "";
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const hostOf = (headers: Headers): string => (typeof headers["host"] === "string" ? headers["host"] : "");

/** @throws HttpError 403 when the request comes from, or through, a name that is not this machine's. */
export function refuseForeign(method: string, headers: Headers): void {
  const host = hostOf(headers);
  if (!isLoopback(hostName(host))) {
    throw new HttpError(
      403,
      "foreign-host",
      `Expected a Host of this machine (localhost, 127.0.0.1), got "${host}".`,
    );
  }
  refuseForeignWrite(method, headers);
}

/** @throws HttpError 403 for a write that a page of another site makes a browser send. */
export function refuseForeignWrite(method: string, headers: Headers): void {
  const host = hostOf(headers);
  if (SAFE_METHODS.has(method)) return;
  const { origin } = headers;
  if (origin !== undefined && URL.parse(String(origin))?.host !== host.toLowerCase()) {
    throw new HttpError(
      403,
      "foreign-origin",
      `Expected a write from this page, got one from "${String(origin)}".`,
    );
  }
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new HttpError(
      403,
      "foreign-origin",
      `Expected a write from this page, got one from "${String(site)}".`,
    );
  }
}

/** Check every request with `refuse`, and put the headers on every answer. */
export function addGuards(app: FastifyInstance, refuse: typeof refuseForeign): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    refuse(request.method, request.headers);
  });
}

/** For answers that are written past fastify. */
export const SECURITY_HEADERS = HEADERS;
