/**
 * @file Benchmark: from the last C-STORE acknowledgement to the reordered row, quiet time aside, against the
 * bare ONNX Runtime time of the same slices. The goal is a ratio of at most 1.5.
 *
 * `node bench/reorder.ts [--study FOLDER] [--settle-seconds 10] [--repeats 3] [--no-page] [--json]`
 *
 * A server of its own in another process, with the model that ships; phantom heads (or the study of a folder,
 * once) by C-STORE; a listener on the events, and a real Chromium where there is one and
 * the page is built (`npm run prepare`). "Quiet time aside": what
 * is counted begins when the quiet time that follows the last acknowledgement is over. Turn and turn about with
 * the bare runs, in this process, on a resting server; the smallest of each counts, as others may use the machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import type { Page } from "playwright-core";

import { decodeSlices } from "../src/dicom/decode.ts";
import { parseHeader } from "../src/dicom/instance.ts";
import { sendInstances } from "../src/dicom/net/sender.ts";
import type { Slice } from "../src/domain/slice.ts";
import { rgbToTensor } from "../src/model/input-tensor.ts";
import { DEFAULT_MODEL_DIR, loadPackage } from "../src/model/package.ts";
import { prepareSlices } from "../src/model/preprocess.ts";
import { Session } from "../src/nn/session.ts";
import { phantomToDicom } from "../src/phantom/dicom.ts";
import { drawIdentity } from "../src/phantom/identities.ts";
import { generatePhantom } from "../src/phantom/phantom.ts";
import { Random } from "../src/phantom/random.ts";
import { hasChromium, launchChromium, openPage } from "../tests/fixtures/chromium.ts";
import { EventReader } from "../tests/support/running-server.ts";

const { values: args } = parseArgs({
  options: {
    study: { type: "string" },
    "settle-seconds": { type: "string", default: "10" },
    repeats: { type: "string", default: "3" },
    "no-page": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const settleMs = 1000 * Number(args["settle-seconds"]);
/** As in the classifier. */
const BATCH_SIZE = 4;
const PATIENCE_MS = 120_000;

interface Server {
  readonly httpUrl: string;
  readonly httpPort: number;
  readonly dicomPort: number;
  stop(): Promise<void>;
}

async function startServer(dataDir: string): Promise<Server> {
  const main = join(import.meta.dirname, "..", "src", "cli", "main.ts");
  const options = ["--settle-seconds", String(settleMs / 1000), "--http-port", "0", "--dicom-port", "0"];
  const child = spawn(
    process.execPath,
    [main, "serve", "--json", "--log", "none", "--data", dataDir, ...options],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const line = await Promise.race([
    once(child.stdout, "data").then(([chunk]) => String(chunk)),
    once(child, "exit").then(() => {
      throw new Error("The server did not start.");
    }),
  ]);
  const ports = JSON.parse(line) as Omit<Server, "stop">;
  return {
    ...ports,
    stop: async () => {
      child.kill("SIGINT");
      await once(child, "exit");
    },
  };
}

function phantom(seed: number): Uint8Array[] {
  const identity = drawIdentity(
    { ageYears: 60, studyAt: "2026-03-06T20:00:00", ordinal: seed },
    new Random(seed),
  );
  return phantomToDicom(generatePhantom({ seed, bleed: "epidural" }), identity);
}

async function folderStudy(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/** The network's input for the slices that the server scored, in batches. */
async function tensorsOf(instances: readonly Uint8Array[], scoredUids: ReadonlySet<string>) {
  const { spec } = await loadPackage(DEFAULT_MODEL_DIR);
  const slices: Slice[] = [];
  for (const bytes of instances) {
    if (scoredUids.has(parseHeader(bytes).sopInstanceUid)) slices.push(...(await decodeSlices(bytes)));
  }
  slices.sort((a, b) => a.positionMm - b.positionMm);
  const pictures = prepareSlices(slices, spec.preprocess).filter(({ brainMm2 }) => brainMm2 > 0);
  return Array.from({ length: Math.ceil(pictures.length / BATCH_SIZE) }, (_, n) => {
    const batch = pictures.slice(n * BATCH_SIZE, (n + 1) * BATCH_SIZE).map(({ rgb }) => rgb);
    return rgbToTensor(batch, spec.input.size, spec.input.normalisation);
  });
}

async function bareMs(session: Session, tensors: Awaited<ReturnType<typeof tensorsOf>>): Promise<number> {
  const [input = ""] = session.inputNames;
  const run = async () => {
    for (const tensor of tensors) await session.run({ [input]: tensor });
  };
  await run();
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

/** In the page: note when each row first shows a finding, by the machine's clock. */
const WATCH = `(() => {
  window.shownAt = {};
  const look = () => {
    for (const row of document.querySelectorAll("[data-uid]")) {
      const text = row.querySelector(".finding")?.textContent ?? "";
      if (/%|No bleed found/.test(text)) window.shownAt[row.dataset.uid] ??= Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
})()`;

interface Measured {
  readonly slices: number;
  readonly eventMs: number;
  readonly pageMs: number | null;
}

/** Send one study and wait for its finding. Times count from the end of the quiet time. */
async function measure(
  server: Server,
  instances: readonly Uint8Array[],
  page: Page | null,
): Promise<Measured> {
  const uid = parseHeader(instances[0] ?? new Uint8Array()).studyInstanceUid;
  const events = await EventReader.open(server);
  const { failed } = await sendInstances({
    ...{ host: "127.0.0.1", port: server.dicomPort, callingAeTitle: "BENCH", calledAeTitle: "FIRSTREAD" },
    instances,
  });
  const acknowledgedAt = Date.now();
  if (failed.length > 0)
    throw new Error(`${failed.length} instances were refused: ${failed[0]?.reason ?? ""}`);
  const found = await events.until(
    ({ event, data }) => event === "item" && data.studyInstanceUid === uid && data.analysis === "scored",
    settleMs + PATIENCE_MS,
  );
  const eventMs = found.receivedAt - acknowledgedAt - settleMs;
  events.close();
  let pageMs: number | null = null;
  if (page) {
    const shown = `window.shownAt[${JSON.stringify(uid)}]`;
    // Asked again and again: waiting in the page would need the eval that its policy forbids.
    for (let shownAt: number | null = null; shownAt === null; await sleep(5)) {
      shownAt = await page.evaluate<number | null>(`${shown} ?? null`);
      if (shownAt !== null) pageMs = shownAt - acknowledgedAt - settleMs;
      else if (Date.now() > found.receivedAt + 10_000) throw new Error("The page never showed the finding.");
    }
  }
  const slices = found.event === "item" ? (found.data.finding?.sliceCount ?? 0) : 0;
  return { slices, eventMs, pageMs };
}

const folder = await mkdtemp(join(tmpdir(), "firstread-bench-"));
await chmod(folder, 0o755);
const isBuilt = existsSync(join(import.meta.dirname, "..", "dist", "web", "index.html"));
const wantsPage = hasChromium && isBuilt && !args["no-page"];
const server = await startServer(folder);
const browser = wantsPage ? await launchChromium() : null;
try {
  const page = browser ? (await openPage(browser, server.httpUrl, "Bench")).page : null;
  await page?.evaluate(WATCH);
  const session = await Session.load((await loadPackage(DEFAULT_MODEL_DIR)).onnx);
  await measure(server, phantom(1000), page); // warms the server and the page
  const repeats = args.study === undefined ? Number(args.repeats) : 1;
  const runs: (Measured & { readonly ortMs: number })[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const instances = args.study === undefined ? phantom(repeat + 1) : await folderStudy(args.study);
    const measured = await measure(server, instances, page);
    const uids = new Set(instances.map((bytes) => parseHeader(bytes).sopInstanceUid));
    runs.push({ ...measured, ortMs: await bareMs(session, await tensorsOf(instances, uids)) });
  }
  await session.dispose();
  const smallest = (values: readonly (number | null)[]) =>
    Math.min(...values.map((value) => value ?? Infinity));
  const ortMs = smallest(runs.map((run) => run.ortMs));
  const rowMs = smallest(runs.map((run) => run.pageMs ?? run.eventMs));
  const ratio = rowMs / ortMs;
  if (args.json) {
    console.log(JSON.stringify({ settleSeconds: settleMs / 1000, runs, ortMs, rowMs, ratio }));
  } else {
    console.log(
      `quiet time ${settleMs / 1000} s; from its end (the last acknowledgement plus the quiet time):`,
    );
    for (const run of runs) {
      const seen = run.pageMs === null ? "" : `, row in the page ${run.pageMs.toFixed(0)} ms`;
      console.log(
        `  ${run.slices} slices: event ${run.eventMs.toFixed(0)} ms${seen}; bare ONNX Runtime ${run.ortMs.toFixed(0)} ms`,
      );
    }
    console.log(
      `smallest: ${rowMs.toFixed(0)} ms against ${ortMs.toFixed(0)} ms, ratio ${ratio.toFixed(2)} (goal: 1.5)`,
    );
  }
} finally {
  await browser?.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
