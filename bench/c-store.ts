/**
 * @file Benchmark: C-STORE of 300 CT slices from `storescu +sd` on loopback, into FirstRead and into Orthanc.
 *
 * Both keep what they acknowledge (Orthanc with its defaults: SQLite, SyncStorageArea on). Both get the same
 * files, turn and turn about, in the same run. `node bench/c-store.ts [--repeats 5] [--slices 300] [--json]`.
 */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";

import { ctFile, newUid } from "../tests/support/ct-file.ts";

const run = promisify(execFile);
/** Without it DCMTK, in storescu and in Orthanc, waits for delayed acknowledgements: 45 ms a slice. */
const env = { ...process.env, TCP_NODELAY: "1" };

interface Receiver {
  readonly name: string;
  readonly aeTitle: string;
  readonly port: number;
  readonly process: ChildProcess;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startFirstRead(folder: string): Promise<Receiver> {
  const script = join(import.meta.dirname, "..", "tests", "support", "receiving-server.ts");
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    child.once("exit", () => reject(new Error("FirstRead did not start")));
  });
  const { port } = JSON.parse(line) as { port: number };
  return { name: "FirstRead", aeTitle: "FIRSTREAD", port, process: child };
}

async function startOrthanc(folder: string): Promise<Receiver> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const configuration = join(folder, "orthanc.json");
  await mkdir(folder, { recursive: true });
  await writeFile(
    configuration,
    JSON.stringify({
      StorageDirectory: join(folder, "storage"),
      IndexDirectory: join(folder, "storage"),
      DicomPort: port,
      HttpPort: httpPort,
      RemoteAccessAllowed: false,
      Plugins: [],
    }),
  );
  const child = spawn("/usr/sbin/Orthanc", [configuration], { stdio: "ignore", env });
  for (let tries = 0; ; tries += 1) {
    const answered = await run("echoscu", ["127.0.0.1", String(port)], { env }).then(
      () => true,
      () => false,
    );
    if (answered) return { name: "Orthanc", aeTitle: "ORTHANC", port, process: child };
    if (tries > 100 || child.exitCode !== null) throw new Error("Orthanc did not start");
    await sleep(100);
  }
}

async function writeStudy(folder: string, slices: number, seed: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const study = { studyInstanceUid: newUid(), seriesInstanceUid: newUid() };
  for (let number = 1; number <= slices; number += 1) {
    const file = ctFile({
      ...study,
      sopInstanceUid: newUid(),
      instanceNumber: number,
      seed: seed * 1000 + number,
    });
    await writeFile(join(folder, `${number}.dcm`), file);
  }
}

/** Seconds that `storescu` took, its own start included. */
async function send(folder: string, to: Receiver): Promise<number> {
  const startedAt = performance.now();
  await run("storescu", ["-aec", to.aeTitle, "+sd", "127.0.0.1", String(to.port), folder], { env });
  return (performance.now() - startedAt) / 1000;
}

async function peakMemoryMiB({ process: child }: Receiver): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    slices: { type: "string", default: "300" },
    json: { type: "boolean", default: false },
  },
});
const slices = Number(options.slices);
const scratch = await mkdtemp(join(tmpdir(), "firstread-bench-"));
await chmod(scratch, 0o755); // as root, the database runs as another user, who must get through
const receivers: Receiver[] = [];
try {
  receivers.push(
    await startFirstRead(join(scratch, "firstread")),
    await startOrthanc(join(scratch, "orthanc")),
  );
  const seconds = new Map(receivers.map((receiver) => [receiver, [] as number[]]));
  for (let repeat = 0; repeat <= Number(options.repeats); repeat += 1) {
    await writeStudy(join(scratch, "study"), slices, repeat);
    for (const receiver of repeat % 2 === 0 ? receivers : receivers.toReversed()) {
      const took = await send(join(scratch, "study"), receiver);
      if (repeat > 0) seconds.get(receiver)?.push(took); // the first is for warming up
      process.stderr.write(
        `${receiver.name}: ${(slices / took).toFixed(0)} slices/s${repeat > 0 ? "" : " (warm-up)"}\n`,
      );
    }
  }
  const [ours, theirs] = receivers.map((receiver) => slices / median(seconds.get(receiver) ?? []));
  const [memory, orthancMemory] = await Promise.all(receivers.map(peakMemoryMiB));
  const report = {
    slices,
    repeats: Number(options.repeats),
    firstReadPerSecond: Math.round(ours ?? NaN),
    orthancPerSecond: Math.round(theirs ?? NaN),
    ratio: Number(((ours ?? NaN) / (theirs ?? NaN)).toFixed(2)),
    firstReadPeakMiB: Math.round(memory ?? NaN),
    orthancPeakMiB: Math.round(orthancMemory ?? NaN),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(report)}\n`
      : `C-STORE of ${slices} CT slices (512 x 512, 16 bit), median of ${report.repeats}:\n` +
          `  FirstRead ${report.firstReadPerSecond} slices/s, peak memory ${report.firstReadPeakMiB} MiB\n` +
          `  Orthanc   ${report.orthancPerSecond} slices/s, peak memory ${report.orthancPeakMiB} MiB\n` +
          `  ratio     ${report.ratio} (target: at least 1)\n`,
  );
} finally {
  for (const { process: child } of receivers) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  await rm(scratch, { recursive: true, force: true });
}
