/**
 * @file A thread that updates its part of the parameters, in memory that it shares with the others.
 */
import { parentPort, workerData } from "node:worker_threads";

import { answerPart } from "./parameter-part.ts";
import type { FlatParameters, PartRequest } from "./parameter-part.ts";

const flat = workerData as FlatParameters;

parentPort?.on("message", (request: PartRequest) => parentPort?.postMessage(answerPart(flat, request)));
