/** @file As much of a FHIR R4 server as our channel speaks to: its CapabilityStatement, and transactions. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Received {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly bundle: { readonly entry?: readonly unknown[] };
}

export interface FhirServer {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** @param fixed what every transaction is answered with; otherwise as a server answers that did it */
export async function startFhirServer(fixed?: { status: number; answer: unknown }): Promise<FhirServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/fhir+json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (request.method === "GET" && request.url === "/fhir/metadata") {
      json(200, { resourceType: "CapabilityStatement", fhirVersion: "4.0.1" });
      return;
    }
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const bundle = JSON.parse(text) as Received["bundle"];
      const { authorization, "content-type": contentType } = request.headers;
      received.push({ authorization, contentType, bundle });
      const entry = (bundle.entry ?? []).map(() => ({ response: { status: "201 Created" } }));
      if (fixed) json(fixed.status, fixed.answer);
      else json(200, { resourceType: "Bundle", type: "transaction-response", entry });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    received,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
