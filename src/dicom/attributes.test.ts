import { describe, expect, it } from "vitest";

import { ctFile } from "../../tests/support/ct-file.ts";
import { parseReceived } from "./attributes.ts";

const uids = { studyInstanceUid: "1.2.3", seriesInstanceUid: "1.2.3.1", sopInstanceUid: "1.2.3.1.1" };

describe("textAttributes", () => {
  it.each([
    ["explicit", "1.2.840.10008.1.2.1"],
    ["implicit", "1.2.840.10008.1.2"],
  ])(
    "are the texts of the top level, private ones too, but not who the patient is (%s VR)",
    (_vr, transferSyntaxUid) => {
      const file = ctFile({ ...uids, transferSyntaxUid, instanceNumber: 1, rows: 8, columns: 8 });
      const attributes = parseReceived(file).attributes();
      expect(attributes).toMatchObject({
        "00080020": "20260301",
        "00081030": "CT HEAD",
        "00091001": "kept as it came",
        "00100040": "O",
        "00180015": "HEAD",
        "00280030": "0.48828125\\0.48828125",
      });
      expect(Object.keys(attributes)).not.toContain("00100010");
      expect(Object.keys(attributes)).not.toContain("00100020");
      expect(Object.keys(attributes)).not.toContain("7FE00010");
    },
  );
});
