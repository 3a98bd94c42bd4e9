/**
 * @file A thread that de-identifies instances. Secret and options come with its birth.
 */
import { workerData } from "node:worker_threads";

import { deidentifyInstance } from "../../dicom/deidentify/deidentify.ts";
import type { DeidentifiedInstance } from "../../dicom/deidentify/deidentify.ts";
import type { ProfileOption } from "../../dicom/deidentify/profile.ts";
import { Pseudonyms } from "../../dicom/deidentify/pseudonyms.ts";
import { answerBytes } from "./byte-worker.ts";

export interface DeidentifyOrder {
  readonly secret: string;
  readonly options: readonly ProfileOption[];
}

const { secret, options } = workerData as DeidentifyOrder;
const pseudonyms = new Pseudonyms(secret);
const chosen = new Set(options);

answerBytes(async (bytes): Promise<DeidentifiedInstance> => deidentifyInstance(bytes, pseudonyms, chosen));
