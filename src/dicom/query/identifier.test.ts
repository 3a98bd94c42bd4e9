import { describe, expect, it } from "vitest";

import { dataSetBytes } from "../test-files.ts";
import type { Query } from "./identifier.ts";
import { IdentifierMismatch, parseIdentifier } from "./identifier.ts";
import { element, personName } from "./json-model.ts";

const EXPLICIT = { explicitVr: true, littleEndian: true };
const IMPLICIT = { explicitVr: false, littleEndian: true };

const parse = (elements: Parameters<typeof dataSetBytes>[0], encoding = EXPLICIT): Query =>
  parseIdentifier(dataSetBytes({ "00080052 CS": "STUDY", ...elements }, encoding), encoding, "STUDY");

describe("parseIdentifier", () => {
  it.each([
    ["ISO_IR 100", Buffer.from("4dfc6c6c65722a", "hex"), "Müller^Ana"],
    ["ISO_IR 192", Buffer.from("M\u00fcller*", "utf8"), "Müller^Ana"],
    ["ISO_IR 126", Buffer.from("c4e9efed2a20", "hex"), "Διον^Α"],
  ])("reads a name in %s", (characterSet, bytes, name) => {
    const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(" ")]);
    for (const encoding of [EXPLICIT, IMPLICIT]) {
      const { matchers } = parse({ "00080005 CS": characterSet, "00100010 PN": even }, encoding);
      expect(matchers.get("00100010")?.(personName(name))).toBe(true);
      expect(matchers.get("00100010")?.(personName("Other"))).toBe(false);
    }
  });

  it("tells what is matched from what is only returned", () => {
    const { matchers, returned, unique } = parse({
      "00080061 CS": "",
      "00081030 LO": "*",
      "00100020 LO": "P1",
      "0020000D UI": "1.2\\1.3",
    });
    expect([...returned.keys()]).toEqual(["00080061", "00081030", "00100020", "0020000D"]);
    expect([...matchers.keys()]).toEqual(["00100020", "0020000D"]);
    expect(unique.get("0020000D")).toEqual(["1.2", "1.3"]);
  });

  it("leaves foreign private keys alone, and knows its own", () => {
    expect([...parse({ "00090010 LO": "OTHER", "00091001 LO": "1" }).returned.keys()]).toEqual([]);
    const { returned, matchers } = parse({ "00090010 LO": "FIRSTREAD", "00091001 IS": "1" });
    expect([...returned]).toEqual([["00091001", "IS"]]);
    expect(matchers.get("00091001")?.(element("IS", 1))).toBe(true);
  });

  it("bounds the number of keys", () => {
    const many = Object.fromEntries(
      Array.from({ length: 501 }, (_, i) => [`0022${(0x1000 + i).toString(16)} LO`, ""]),
    );
    expect(() => parse(many)).toThrow(IdentifierMismatch);
  });

  it("names what is wrong in a cut-off identifier", () => {
    const bytes = dataSetBytes({ "00080052 CS": "STUDY", "00100020 LO": "P1234567" }, EXPLICIT);
    expect(() => parseIdentifier(bytes.subarray(0, bytes.length - 3), EXPLICIT, "STUDY")).toThrow(/cut off/);
  });
});
