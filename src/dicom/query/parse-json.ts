/**
 * @file A data set of the DICOM JSON model as a client sends it (PS3.18 F.2), checked whole.
 */
import type { DicomElement, DicomObject, DicomValue } from "../../domain/dicom-json.ts";
import { InvalidKey } from "./match.ts";
import { isObject } from "./json-model.ts";

const DEEPEST = 16;

/**
 * One data set, alone or as the only one of a list.
 * @throws {InvalidKey} where it is none
 */
export function parseDicomJson(body: unknown): DicomObject {
  const [only, ...others]: readonly unknown[] = Array.isArray(body) ? (body as unknown[]) : [body];
  if (others.length > 0) throw new InvalidKey(`Expected one data set, got ${others.length + 1}`);
  return parseObject(only, 0);
}

function parseObject(value: unknown, depth: number): DicomObject {
  if (!isObject(value))
    throw new InvalidKey(`Expected a data set of the DICOM JSON model, got ${typeof value}`);
  if (depth > DEEPEST) throw new InvalidKey(`Expected sequences nested at most ${DEEPEST} deep`);
  return Object.fromEntries(
    Object.entries(value).map(([tag, element]) => {
      if (!/^[0-9A-Fa-f]{8}$/.test(tag)) {
        throw new InvalidKey(`Expected a tag as 8 hex digits, got "${tag.slice(0, 40)}"`);
      }
      return [tag.toUpperCase(), parseElement(tag, element, depth)];
    }),
  );
}

function parseElement(tag: string, element: unknown, depth: number): DicomElement {
  if (!isObject(element) || typeof element["vr"] !== "string" || !/^[A-Z]{2}$/.test(element["vr"])) {
    throw new InvalidKey(`${tag}: expected an object with vr`);
  }
  const { vr, Value: values = [] } = element;
  if (!Array.isArray(values)) throw new InvalidKey(`${tag}: expected Value to be a list`);
  const parsed = (values as unknown[]).flatMap((value) => parseValue(tag, vr, value, depth));
  return parsed.length === 0 ? { vr } : { vr, Value: parsed };
}

function parseValue(tag: string, vr: string, value: unknown, depth: number): DicomValue[] {
  if (value === null) return [];
  if (vr === "SQ") return [parseObject(value, depth + 1)];
  if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) return [value];
  if (vr === "PN" && isObject(value) && Object.values(value).every((group) => typeof group === "string")) {
    return [value];
  }
  throw new InvalidKey(`${tag}: expected a value of ${vr}, got ${JSON.stringify(value).slice(0, 40)}`);
}
