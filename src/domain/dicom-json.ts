/**
 * @file Data sets as values: the DICOM JSON model (PS3.18 Annex F), in which queries are answered and workitems kept.
 *
 * Keys are tags as 8 upper-case hex digits; an element without a value has no `Value`.
 */

/** The component groups of a PN (PS3.5 6.2.1.2). */
export interface PersonName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}

export type DicomValue = string | number | PersonName | DicomObject;

export interface DicomElement {
  readonly vr: string;
  readonly Value?: readonly DicomValue[];
}

export interface DicomObject {
  readonly [tag: string]: DicomElement;
}
