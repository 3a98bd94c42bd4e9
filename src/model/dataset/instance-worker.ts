/**
 * @file A thread that looks at instances for `explore.ts`: their header, their pixels' digest, the Hounsfield units of
 * those that are sampled.
 */
import { createHash } from "node:crypto";

import { decodeSlices } from "../../dicom/decode.ts";
import { headerOf } from "../../dicom/instance.ts";
import type { InstanceHeader } from "../../dicom/instance.ts";
import { openInstance } from "../../dicom/part10.ts";
import { answerBytes } from "./byte-worker.ts";

export interface InstanceLook {
  readonly header: InstanceHeader;
  /** Of the pixel data as it is stored; null where there is none. */
  readonly digest: string | null;
  /** Of each slice, where the instance is sampled. */
  readonly hu: readonly Int16Array[] | null;
}

export interface LookOrder {
  readonly isSampled: boolean;
}

answerBytes(async (bytes, { isSampled }: LookOrder): Promise<InstanceLook> => {
  const instance = openInstance(bytes, "pixels");
  const header = headerOf(instance);
  const pixels = instance.dataSet.element(0x7fe00010);
  const content = pixels ? instance.dataSet.bytes.subarray(pixels.offset) : null;
  const digest = content === null ? null : createHash("sha256").update(content).digest("hex").slice(0, 24);
  const wanted = isSampled && header.hasPixelData;
  const hu = wanted ? (await decodeSlices(bytes)).map((slice) => slice.hu) : null;
  return { header, digest, hu };
});
