import { describe, expect, it } from "vitest";

import { decodeText } from "./charset.ts";

const bytes = (latin1: string): Uint8Array => Buffer.from(latin1, "latin1");

describe("decodeText", () => {
  // The examples of PS3.5 annexes H to K, in their octets.
  it.each([
    [
      "Japanese, H.3.1",
      ["", "ISO 2022 IR 87"],
      "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
      "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ],
    [
      "Japanese with half-width katakana, H.3.2",
      ["ISO 2022 IR 13", "ISO 2022 IR 87"],
      "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
      "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ],
    [
      "Korean, I.2",
      ["", "ISO 2022 IR 149"],
      "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
      "Hong^Gildong=洪^吉洞=홍^길동",
    ],
    [
      "Chinese in UTF-8, J.1",
      ["ISO_IR 192"],
      "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=",
      "Wang^XiaoDong=王^小東=",
    ],
    [
      "Chinese in GB18030, J.3",
      ["GB18030"],
      "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=",
      "Wang^XiaoDong=王^小东=",
    ],
    [
      "Chinese in GB2312, K.2",
      ["", "ISO 2022 IR 58"],
      "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
      "Zhang^XiaoDong=张^小东=",
    ],
    ["Latin-1", ["ISO_IR 100"], "Buc^J\xe9r\xf4me", "Buc^Jérôme"],
    ["Greek", ["ISO_IR 126"], "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"],
    ["Cyrillic", ["ISO_IR 144"], "\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"],
    ["Hebrew", ["ISO_IR 138"], "\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"],
    ["Arabic", ["ISO_IR 127"], "\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"],
    ["Cyrillic by escape", ["", "ISO 2022 IR 144"], "A\x1b-L\xbb\xee^B", "AЛю^B"],
  ])("%s", (_name, sets, octets, text) => {
    expect(decodeText(bytes(octets), sets)).toBe(text);
  });

  it("reads JIS X 0212", () => {
    // Row 0x30, cell 0x21 of JIS X 0212 is U+4E02.
    expect(decodeText(bytes("\x1b$(D0!\x1b(B"), ["", "ISO 2022 IR 159"])).toBe("丂");
  });

  it("takes off padding, and reads an unknown set as Latin-1", () => {
    expect(decodeText(bytes("DOE^JANE "), [])).toBe("DOE^JANE");
    expect(decodeText(bytes("M\xfcller"), ["ISO_IR 999"])).toBe("Müller");
  });

  it("reads UTF-8 that forgot to say so", () => {
    expect(decodeText(bytes("M\xc3\xbcller"), [])).toBe("Müller");
  });
});
