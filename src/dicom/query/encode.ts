/**
 * @file A data set of the JSON model as bytes (PS3.5 section 7), text in UTF-8 (ISO_IR 192).
 */
import type { Encoding } from "../dataset.ts";
import { elementBytes, itemBytes } from "../element-writer.ts";
import type { DicomElement, DicomObject, DicomValue } from "../../domain/dicom-json.ts";
import { nameGroups, plainText } from "./json-model.ts";

/** Longer than any text that FirstRead tells; keeps every value below the 64 KiB of a short length field. */
const LONGEST_TEXT_CHARACTERS = 16_000;

type NumberWriter = {
  readonly size: number;
  readonly write: (bytes: DataView, at: number, value: number, le: boolean) => void;
};

const NUMBERS: Readonly<Record<string, NumberWriter>> = {
  US: { size: 2, write: (bytes, at, value, le) => bytes.setUint16(at, value, le) },
  SS: { size: 2, write: (bytes, at, value, le) => bytes.setInt16(at, value, le) },
  UL: { size: 4, write: (bytes, at, value, le) => bytes.setUint32(at, value, le) },
  SL: { size: 4, write: (bytes, at, value, le) => bytes.setInt32(at, value, le) },
  FL: { size: 4, write: (bytes, at, value, le) => bytes.setFloat32(at, value, le) },
  FD: { size: 8, write: (bytes, at, value, le) => bytes.setFloat64(at, value, le) },
};

/** The data set's bytes, elements in order of their tags. */
export function encodeObject(object: DicomObject, encoding: Encoding): Buffer {
  const tags = Object.keys(object).sort();
  return Buffer.concat(
    tags.flatMap((key) => {
      const element = object[key];
      if (element === undefined) return [];
      return [elementBytes(Number.parseInt(key, 16), element.vr, valueBytes(element, encoding), encoding)];
    }),
  );
}

function valueBytes({ vr, Value = [] }: DicomElement, encoding: Encoding): Buffer {
  if (vr === "SQ") {
    return Buffer.concat(
      Value.map((item) => itemBytes(encodeObject(item as DicomObject, encoding), encoding)),
    );
  }
  const writer = NUMBERS[vr];
  if (writer) {
    const bytes = Buffer.alloc(Value.length * writer.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const [i, value] of Value.entries()) {
      writer.write(view, i * writer.size, Number(value), encoding.littleEndian);
    }
    return bytes;
  }
  const text = Value.map((value) => textOf(vr, value)).join("\\");
  const bytes = Buffer.from(text.slice(0, LONGEST_TEXT_CHARACTERS).toWellFormed(), "utf8");
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === "UI" ? "\0" : " ")]);
}

function textOf(vr: string, value: DicomValue): string {
  if (vr === "PN") return nameGroups(value).join("=").replace(/=+$/, "");
  return plainText(value);
}
