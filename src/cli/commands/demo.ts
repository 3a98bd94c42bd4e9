/**
 * @file `firstread demo`: the whole way in a throw-away folder.
 *
 * Starts the server as `serve` does, then has another process send a shift of phantom head CTs to it over
 * real C-STORE associations. Ctrl-C stops everything and removes the folder.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import { parseConfig } from "../../server/config.ts";
import { startServer } from "../../server/main.ts";
import type { SentStudy, ShiftOptions } from "../demo-sender.ts";

const HOST = "127.0.0.1";
const DEFAULT_HTTP_PORT = 8080;
const DEFAULT_DICOM_PORT = 11112;
/** Shorter than the server's 10 s: the sender never pauses within a study. */
const SETTLE_SECONDS = 2;

const FOR_REAL = `
For real, beside a PACS (data stays in ./data; your own AE title, peers and model: serve --help):
  npm run firstread -- serve
  storescu +sd ${HOST} ${DEFAULT_DICOM_PORT} -aec FIRSTREAD FOLDER      or let the PACS send
`;

interface DemoOptions {
  readonly studies: number;
  readonly seed: number;
  readonly minutes: number;
  readonly httpPort: number;
  readonly dicomPort: number;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A whole number is expected.");
  return Number(text);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("A number above 0 is expected.");
  return value;
}

/** The port itself when it is free, otherwise 0: any free one. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(port, HOST);
    await once(probe, "listening");
    return port;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}

function startSender(options: ShiftOptions): ChildProcess {
  return fork(join(import.meta.dirname, "..", "demo-sender.ts"), [JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** Resolves when the user asks to stop. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

async function demo(options: DemoOptions): Promise<void> {
  const stopAsked = interrupted();
  const dataDir = await mkdtemp(join(tmpdir(), "firstread-demo-"));
  const config = parseConfig({
    dataDir,
    settleSeconds: SETTLE_SECONDS,
    http: { host: HOST, port: await freePort(options.httpPort) },
    dicom: { host: HOST, port: await freePort(options.dicomPort) },
  });
  let sender: ChildProcess | undefined;
  try {
    console.log("FirstRead demo: research use only, never a diagnosis. Starting …");
    const server = await startServer(config);
    try {
      console.log(`\n  Worklist   ${server.httpUrl}`);
      console.log(`  DICOM      FIRSTREAD@${HOST}:${server.dicomPort}`);
      console.log(`\nAn evening's ${options.studies} phantom studies arrive over C-STORE. Ctrl-C stops.\n`);
      sender = startSender({
        host: HOST,
        port: server.dicomPort,
        seed: options.seed,
        studies: options.studies,
        minutes: options.minutes,
      });
      sender.on("message", (sent: SentStudy) =>
        console.log(`  sent ${sent.what} (${sent.instances} images)`),
      );
      sender.on("exit", (code) => {
        if (code === 0) console.log("\nThe shift is complete. The list stays open until Ctrl-C.");
        else if (code !== null) console.error("The sender stopped before the shift was complete.");
      });
      await stopAsked;
      console.log("\nStopping …");
    } finally {
      sender?.kill();
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

export function configure(command: Command): void {
  command
    .option("--studies <n>", "how many studies arrive", wholeNumber, 16)
    .option("--minutes <n>", "how long the sped-up evening lasts", positiveNumber, 3)
    .option("--seed <n>", "same seed, same patients", wholeNumber, 7)
    .option("--http-port <n>", "port of the page (another free one if taken)", wholeNumber, DEFAULT_HTTP_PORT)
    .option("--dicom-port <n>", "port of the DICOM listener (likewise)", wholeNumber, DEFAULT_DICOM_PORT)
    .addHelpText("after", FOR_REAL)
    .action(demo);
}
