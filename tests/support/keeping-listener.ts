/**
 * @file A DICOM listener that keeps what it gets in memory, for tests of the protocol alone.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { DicomListener, DicomListenerOptions } from "../../src/dicom/net/listener.ts";
import { startDicomListener } from "../../src/dicom/net/listener.ts";
import type { Acceptance, IncomingInstance } from "../../src/domain/incoming.ts";

export interface Kept extends IncomingInstance {
  /** The whole file. */
  readonly bytes: Buffer;
}

export interface KeepingListener extends DicomListener {
  readonly kept: Kept[];
  readonly folder: string;
  /** What the log said. */
  readonly lines: string[];
  /** Files in the incoming folder. */
  incoming(): Promise<string[]>;
}

/** Starts one on a free port, AE title FIRSTREAD; `answer` decides what becomes of an instance. */
export async function startKeepingListener(
  options: Partial<DicomListenerOptions> = {},
  answer: (instance: IncomingInstance) => Promise<Acceptance> = async () => ({ outcome: "stored" }),
): Promise<KeepingListener> {
  const folder = await mkdtemp(join(tmpdir(), "firstread-dimse-"));
  const incomingDir = join(folder, "incoming");
  await mkdir(incomingDir);
  const kept: Kept[] = [];
  const lines: string[] = [];
  const listener = await startDicomListener({
    port: 0,
    aeTitle: "FIRSTREAD",
    incomingDir,
    log: (level, message) => lines.push(`${level} ${message}`),
    onInstance: async (instance) => {
      await instance.seen?.synced;
      kept.push({ ...instance, bytes: await readFile(instance.path) });
      await rm(instance.path);
      return answer(instance);
    },
    ...options,
  });
  return {
    ...listener,
    kept,
    folder,
    lines,
    incoming: async () => readdir(incomingDir),
    close: async () => {
      await listener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
