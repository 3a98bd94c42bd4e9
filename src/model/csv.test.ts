import { describe, expect, it } from "vitest";

import { parseCsv } from "./csv.ts";

describe("parseCsv", () => {
  it("reads quoted fields with commas, quotes and line ends, and any line ending", () => {
    const text = '\uFEFFFile, Label\r\n"a,1.png",x\n"say ""b""\n2.png",y\n\n';
    expect(parseCsv(text, ["file", "label"])).toEqual({
      columns: ["file", "label"],
      rows: [
        { file: "a,1.png", label: "x" },
        { file: 'say "b"\n2.png', label: "y" },
      ],
    });
  });

  it.each([
    ["name,label\na,b", 'expected the columns file, label; line 1 has "name,label"'],
    ["file,label\na", "line 2: expected 2 fields, got 1"],
    ['file,label\n"a,b', "line 2: a quoted field does not end"],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parseCsv(text, ["file", "label"])).toThrow(message);
  });
});
