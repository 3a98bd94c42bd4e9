/**
 * @file The demo's modality: a process of its own that sends a shift of phantom studies over C-STORE.
 *
 * Started by `firstread demo` with its options as one JSON argument; tells the parent what it sent.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { sendInstances } from "../dicom/net/sender.ts";
import { generateShift } from "../phantom/shift.ts";

export interface ShiftOptions {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly studies: number;
  /** The evening is sped up to take this long. */
  readonly minutes: number;
}

/** One message to the parent a study. */
export interface SentStudy {
  readonly what: string;
  readonly instances: number;
}

async function sendShift({ host, port, seed, studies, minutes }: ShiftOptions): Promise<void> {
  const startedAt = Date.now();
  for (const study of generateShift({ seed, studies })) {
    // Arrivals are fractions of the evening; making a study takes time too, so wait only for the rest.
    const dueMs = startedAt + study.arrivesAt * minutes * 60_000;
    await sleep(Math.max(0, dueMs - Date.now()));
    const { failed } = await sendInstances({
      host,
      port,
      callingAeTitle: "PHANTOM_CT",
      calledAeTitle: "FIRSTREAD",
      instances: study.instances,
    });
    const [failure] = failed;
    if (failure)
      throw new Error(`${failed.length} of ${study.instances.length} images were refused: ${failure.reason}`);
    const message: SentStudy = { what: study.what, instances: study.instances.length };
    process.send?.(message);
  }
}

if (import.meta.main) {
  await sendShift(JSON.parse(process.argv[2] ?? "{}") as ShiftOptions);
  process.disconnect?.();
}
