/**
 * @file The thread that decodes slices for the viewer.
 */
import { workerData } from "node:worker_threads";

import { decodeSlices } from "../dicom/decode.ts";
import { DiskObjectStore } from "../store/objects.ts";
import { answerCalls } from "./thread-side.ts";

const { objectsDir } = workerData as { objectsDir: string };
const objects = await DiskObjectStore.open(objectsDir);

answerCalls({
  decode: async (objectKey: string) => decodeSlices(await objects.bytes(objectKey)),
});
