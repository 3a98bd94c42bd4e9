/** @file Multipart bodies written by hand after RFC 2046, cut into chunks everywhere. */
import { describe, expect, it } from "vitest";

import { MultipartError, parseMediaType, parseMultipart } from "./multipart.ts";
import type { MultipartLimits } from "./multipart.ts";

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.subarray(at, at + size));
}

async function read(text: string, boundary: string, size = 7, limits?: MultipartLimits) {
  const parts: { type: string | undefined; body: string }[] = [];
  for await (const part of parseMultipart(inChunks(text, size), boundary, limits)) {
    let body = "";
    for await (const chunk of part.body) body += chunk.toString("latin1");
    parts.push({ type: part.headers.get("content-type"), body });
  }
  return parts;
}

const TWO = [
  "a preamble to be ignored\r\n",
  "--xyz\r\nContent-Type: application/dicom\r\nX-Other: 1\r\n\r\nfirst\r\nbody\r\n",
  "--xyz \t\r\n\r\nsecond --xyz and \r\n--xyzzy is no boundary\r\n",
  "--xyz--\r\nan epilogue to be ignored",
].join("");

describe("multipart/related", () => {
  it.each([1, 2, 3, 5, 8, 64, 10_000])("reads parts from chunks of %i bytes", async (size) => {
    expect(await read(TWO, "xyz", size)).toEqual([
      { type: "application/dicom", body: "first\r\nbody" },
      { type: undefined, body: "second --xyz and \r\n--xyzzy is no boundary" },
    ]);
  });

  it("starts without a preamble, and takes an empty part", async () => {
    expect(await read("--b\r\n\r\n\r\n--b--", "b", 1)).toEqual([{ type: undefined, body: "" }]);
  });

  it("skips what a reader leaves of a part", async () => {
    const seen: (string | undefined)[] = [];
    for await (const part of parseMultipart(inChunks(TWO, 3), "xyz")) {
      seen.push(part.headers.get("x-other"));
    }
    expect(seen).toEqual(["1", undefined]);
  });

  it("refuses a body that ends before its final boundary, having given the parts before", async () => {
    const cut = TWO.slice(0, TWO.indexOf("--xyz--"));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const part of parseMultipart(inChunks(cut, 9), "xyz")) {
        let body = "";
        for await (const chunk of part.body) body += chunk.toString("latin1");
        seen.push(body);
      }
    })();
    await expect(reading).rejects.toThrow(MultipartError);
    expect(seen).toEqual(["first\r\nbody"]);
  });

  it.each([
    ["no boundary at all", "not multipart", "xyz"],
    ["an empty body", "", "xyz"],
    ["headers that never end", `--b\r\nX: ${"y".repeat(20_000)}`, "b"],
    ["a body cut inside headers", "--b\r\nX: y\r\n", "b"],
  ])("refuses %s", async (_name, text, boundary) => {
    await expect(read(text, boundary, 100)).rejects.toThrow(MultipartError);
  });

  it("refuses an empty boundary and one of 71 characters", async () => {
    await expect(read("", "")).rejects.toThrow(/boundary of 1 to 70/);
    await expect(read("", "x".repeat(71))).rejects.toThrow(/boundary of 1 to 70/);
  });

  it("caps a part", async () => {
    const text = `--b\r\n\r\n${"z".repeat(100)}\r\n--b--`;
    await expect(read(text, "b", 10, { maxPartBytes: 99 })).rejects.toThrow(/longer than 99 bytes/);
    await expect(read(text, "b", 10, { maxPartBytes: 100 })).resolves.toHaveLength(1);
  });
});

describe("media types", () => {
  it.each([
    ['multipart/related; type="application/dicom"; boundary="a b;c"', "multipart/related", "a b;c"],
    ["Multipart/Related;boundary=abc;type=application/dicom", "multipart/related", "abc"],
    ['multipart/related; Boundary="q\\"q" ; type=x', "multipart/related", 'q"q'],
    ["application/dicom", "application/dicom", undefined],
    ["", "", undefined],
  ])("%s", (header, type, boundary) => {
    const media = parseMediaType(header);
    expect([media.type, media.parameters.get("boundary")]).toEqual([type, boundary]);
  });
});
