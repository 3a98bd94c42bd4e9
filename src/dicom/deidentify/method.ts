/**
 * @file What a de-identified instance says of itself (PS3.15 E.1.1): that it is, and by which options, in the codes of
 * PS3.16 CID 7050.
 */
import type { Encoding } from "../dataset.ts";
import { elementBytes, itemBytes, textValue } from "../element-writer.ts";
import type { ProfileOption } from "./profile.ts";

const BASIC_PROFILE: readonly [code: string, meaning: string] = [
  "113100",
  "Basic Application Confidentiality Profile",
];
const OPTION_CODES: Readonly<Record<ProfileOption, readonly [code: string, meaning: string]>> = {
  descriptors: ["113105", "Clean Descriptors Option"],
  "full-dates": ["113106", "Retain Longitudinal Temporal Information Full Dates Option"],
  "modified-dates": ["113107", "Retain Longitudinal Temporal Information Modified Dates Option"],
  "patient-characteristics": ["113108", "Retain Patient Characteristics Option"],
  device: ["113109", "Retain Device Identity Option"],
  uids: ["113110", "Retain UIDs Option"],
  institution: ["113112", "Retain Institution Identity Option"],
};
const METHOD = "FirstRead, PS3.15 E Basic Profile";

/** The elements to add, by tag. */
export function methodElements(
  encoding: Encoding,
  chosen: ReadonlySet<ProfileOption>,
): readonly (readonly [tag: number, bytes: Buffer])[] {
  const text = (tag: number, vr: string, value: string): Buffer =>
    elementBytes(tag, encoding.explicitVr ? vr : "", textValue(value, vr), encoding);
  const codes = [BASIC_PROFILE, ...[...chosen].map((option) => OPTION_CODES[option])];
  const items = codes.map(([code, meaning]) =>
    itemBytes(
      Buffer.concat([
        text(0x00080100, "SH", code),
        text(0x00080102, "SH", "DCM"),
        text(0x00080104, "LO", meaning),
      ]),
      encoding,
    ),
  );
  const dates = chosen.has("full-dates")
    ? "UNMODIFIED"
    : chosen.has("modified-dates")
      ? "MODIFIED"
      : "REMOVED";
  return [
    [0x00120062, text(0x00120062, "CS", "YES")],
    [0x00120063, text(0x00120063, "LO", METHOD)],
    [0x00120064, elementBytes(0x00120064, encoding.explicitVr ? "SQ" : "", Buffer.concat(items), encoding)],
    [0x00280303, text(0x00280303, "CS", dates)],
  ];
}
