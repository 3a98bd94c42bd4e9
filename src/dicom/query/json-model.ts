/**
 * @file Making and reading data sets of the DICOM JSON model (PS3.18 Annex F).
 */

import type { DicomElement, DicomObject, DicomValue, PersonName } from "../../domain/dicom-json.ts";

/** A tag as a key: 0x0020000D → "0020000D". */
export const tagKey = (tag: number): string => tag.toString(16).toUpperCase().padStart(8, "0");

/** An element of these values; empty ones are left out, and without any the element has no value. */
export function element(vr: string, ...values: readonly (DicomValue | null)[]): DicomElement {
  const present = values.filter((value): value is DicomValue => value !== null && value !== "");
  return present.length === 0 ? { vr } : { vr, Value: present };
}

/** A PN as it is written ("DOE^Jane=…"); no value for none. */
export function personName(text: string): DicomElement {
  const [alphabetic = "", ideographic = "", phonetic = ""] = text.split("=").map((group) => group.trim());
  const name: PersonName = {
    ...(alphabetic !== "" && { Alphabetic: alphabetic }),
    ...(ideographic !== "" && { Ideographic: ideographic }),
    ...(phonetic !== "" && { Phonetic: phonetic }),
  };
  return Object.keys(name).length === 0 ? { vr: "PN" } : { vr: "PN", Value: [name] };
}

export const sequence = (...items: readonly DicomObject[]): DicomElement => element("SQ", ...items);

/** A code of a coding scheme, as one item (PS3.3 table 8.8-1). */
export const code = (value: string, scheme: string, meaning: string): DicomObject => ({
  "00080100": element("SH", value),
  "00080102": element("SH", scheme),
  "00080104": element("LO", meaning),
});

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value that is no name and no item, as text; "" for those. */
export const plainText = (value: DicomValue): string => (typeof value === "object" ? "" : String(value));

/** The groups of a PN value as text, "" where it is none: alphabetic, ideographic, phonetic. */
export function nameGroups(value: DicomValue): readonly [string, string, string] {
  if (typeof value === "string") {
    const [alphabetic = "", ideographic = "", phonetic = ""] = value.split("=");
    return [alphabetic, ideographic, phonetic];
  }
  if (!isObject(value)) return ["", "", ""];
  const group = (name: keyof PersonName): string => {
    const text: unknown = (value as Readonly<Record<string, unknown>>)[name];
    return typeof text === "string" ? text : "";
  };
  return [group("Alphabetic"), group("Ideographic"), group("Phonetic")];
}

/** The first value of an element where it is text, else "". */
export function firstText(object: DicomObject, tag: string): string {
  const value = object[tag]?.Value?.[0];
  return typeof value === "string" ? value.trim() : "";
}
