/**
 * @file The head of a DICOM Part 10 file: preamble, "DICM", File Meta Information (PS3.10 section 7.1), written
 * before a data set that came over the network and is kept byte for byte.
 */
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from "./uids.ts";

export interface FileMeta {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** AE title of the sender; "" leaves the element out. */
  readonly sourceAeTitle: string;
}

/** One explicit little endian element with a 16-bit length. */
function element(tag: number, vr: string, value: string): Buffer {
  const pad = vr === "UI" ? "\0" : " ";
  const bytes = Buffer.from(value.length % 2 === 0 ? value : value + pad, "latin1");
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(tag, 2);
  header.write(vr, 4, "latin1");
  header.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

/** FileMetaInformationVersion 00\01, an OB with its 32-bit length. */
const VERSION = Buffer.from([0x02, 0, 0x01, 0, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]);

/** Everything before the data set: 128 zeros, "DICM", group 0002. */
export function fileHead(meta: FileMeta): Buffer {
  const group = Buffer.concat([
    VERSION,
    element(0x0002, "UI", meta.sopClassUid),
    element(0x0003, "UI", meta.sopInstanceUid),
    element(0x0010, "UI", meta.transferSyntaxUid),
    element(0x0012, "UI", IMPLEMENTATION_CLASS_UID),
    element(0x0013, "SH", IMPLEMENTATION_VERSION_NAME),
    ...(meta.sourceAeTitle === "" ? [] : [element(0x0016, "AE", meta.sourceAeTitle)]),
  ]);
  const head = Buffer.alloc(144);
  head.write("DICM", 128, "latin1");
  head.set([0x02, 0, 0, 0, 0x55, 0x4c, 4, 0], 132); // FileMetaInformationGroupLength, UL
  head.writeUInt32LE(group.length, 140);
  return Buffer.concat([head, group]);
}
