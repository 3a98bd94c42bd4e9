/**
 * @file Values that say nothing and are valid for their representation (PS3.5 6.2), for attributes that must not be
 * empty.
 */
import { textValue } from "../element-writer.ts";

const DUMMIES: Readonly<Record<string, string>> = {
  AE: "ANONYMIZED",
  AS: "000Y",
  CS: "ANONYMIZED",
  DA: "19000101",
  DS: "0",
  DT: "19000101000000",
  IS: "0",
  PN: "ANONYMIZED^",
  TM: "000000",
  UI: "2.25.0",
  UR: "about:blank",
};
const BINARY: ReadonlySet<string> = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "UN", "US", "SS"]);
const EIGHT_BYTES: ReadonlySet<string> = new Set(["FD", "SV", "UV"]);
const FOUR_BYTES: ReadonlySet<string> = new Set(["FL", "SL", "UL", "AT"]);

export function dummyValue(vr: string): Uint8Array {
  if (BINARY.has(vr)) return new Uint8Array(2);
  if (FOUR_BYTES.has(vr)) return new Uint8Array(4);
  if (EIGHT_BYTES.has(vr)) return new Uint8Array(8);
  return textValue(DUMMIES[vr] ?? "ANONYMIZED", vr);
}
