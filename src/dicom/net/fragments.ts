/**
 * @file Messages cut into P-DATA-TF PDUs and written no faster than the other side takes them (PS3.8 Annex E).
 */
import type { Socket } from "node:net";

import { dataHeader, FRAGMENT } from "./pdu.ts";

/** Our own bound; the other side's may be lower. */
const MAX_FRAGMENT_BYTES = 128 * 1024 - 6;

/** The most bytes of one fragment to a side that agreed to PDUs of so many bytes (0: of any length). Even. */
export function fragmentBytes(maxPduLength: number): number {
  const agreed = maxPduLength === 0 ? Infinity : maxPduLength - 6;
  return Math.max(2, Math.min(MAX_FRAGMENT_BYTES, agreed) & ~1);
}

/**
 * Write one fragment as a PDU, and wait until there is room again.
 * @throws Error when the connection closed meanwhile
 */
export async function writeFragment(
  socket: Socket,
  contextId: number,
  flags: number,
  bytes: Uint8Array,
): Promise<void> {
  socket.cork();
  socket.write(dataHeader(contextId, flags, bytes.length));
  const hasRoom = socket.write(bytes);
  socket.uncork();
  if (hasRoom) return;
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      socket.off("drain", done).off("close", failed);
      resolve();
    };
    const failed = (): void => {
      socket.off("drain", done);
      reject(new Error("The connection closed while sending"));
    };
    socket.once("drain", done).once("close", failed);
    if (socket.destroyed) failed();
  });
}

/**
 * Write a whole message: its command, then its data set in fragments.
 * @throws Error when the connection closed meanwhile
 */
export async function writeMessage(
  socket: Socket,
  contextId: number,
  maxPduLength: number,
  command: Buffer,
  dataSet: Buffer | null,
): Promise<void> {
  await writeFragment(socket, contextId, FRAGMENT.command | FRAGMENT.last, command);
  if (dataSet === null) return;
  const most = fragmentBytes(maxPduLength);
  for (let at = 0; at === 0 || at < dataSet.length; at += most) {
    const isLast = at + most >= dataSet.length;
    await writeFragment(socket, contextId, isLast ? FRAGMENT.last : 0, dataSet.subarray(at, at + most));
  }
}
