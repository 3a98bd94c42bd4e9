/**
 * @file A real S3 for tests: Ceph's RADOS Gateway on a throw-away cluster of one monitor and one object store in
 * memory, on loopback ports, in a temporary folder. See docs/decisions on why this peer.
 *
 * It starts in about two seconds and is ended by process id.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort, runPeer } from "./peers.ts";

/** Say so in the name of what is skipped without it. */
export const hasCeph = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph"].every(
  (name) => existsSync(`/usr/bin/${name}`),
);

const START_MS = 60_000;
const STOP_MS = 5000;

export interface CephRgw {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

/** One of everything, nothing kept on disk, no copy of anything, no waiting for others to agree. */
function configuration(folder: string, fsid: string, monitorPort: number, gatewayPort: number): string {
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitorPort}
public addr = 127.0.0.1
keyring = ${folder}/keyring
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file = ${folder}/$name.log
pid file = ${folder}/run/$name.pid
mon data = ${folder}/mon
mon data avail crit = 1
mon allow pool size one = true
mon max pg per osd = 1000
mon osd min up ratio = 0
paxos propose interval = 0.02
paxos min wait = 0.01
auth allow insecure global id reclaim = false
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class default list = *
osd class load list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw data = ${folder}
`;
}

/**
 * Start a cluster with one user.
 * @throws Error with what the program that failed said; then nothing is left running
 */
export async function startCephRgw(): Promise<CephRgw> {
  const folder = await mkdtemp(join(tmpdir(), "firstread-ceph-"));
  const file = (name: string) => join(folder, name);
  const daemons: ChildProcess[] = [];
  const stop = async () => {
    for (const daemon of daemons.reverse()) await end(daemon);
    await rm(folder, { recursive: true, force: true });
  };
  const run = async (program: string, ...args: string[]) => {
    const { code, output } = await runPeer(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${output}`);
  };
  const start = (program: string, ...args: string[]) => {
    daemons.push(spawn(program, ["-c", file("ceph.conf"), "-f", ...args], { stdio: "ignore" }));
  };
  try {
    const fsid = randomUUID();
    const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
    const [accessKeyId, secretAccessKey] = [randomBytes(10).toString("hex"), randomBytes(20).toString("hex")];
    for (const name of ["mon", "osd", "run"]) await mkdir(file(name));
    await writeFile(file("ceph.conf"), configuration(folder, fsid, monitorPort, gatewayPort));
    await writeFile(file("keyring"), keyring(["mon.", "client.admin", "client.rgw", "osd.0"]), {
      mode: 0o600,
    });
    const monitor = `[v2:127.0.0.1:${monitorPort}]`;
    await run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", monitor, file("monmap"));

    const conf = ["-c", file("ceph.conf")];
    await run(
      "ceph-mon",
      ...conf,
      "--mkfs",
      "-i",
      "a",
      "--monmap",
      file("monmap"),
      "--keyring",
      file("keyring"),
    );
    start("ceph-mon", "-i", "a");
    const osdId = randomUUID();
    await run("ceph-osd", ...conf, "-i", "0", "--mkfs", "--osd-uuid", osdId);
    await run("ceph", ...conf, "--connect-timeout", "30", "osd", "new", osdId);
    start("ceph-osd", "-i", "0");
    start("radosgw", "-n", "client.rgw");
    const user = ["--uid=tests", "--display-name=tests", `--access-key=${accessKeyId}`];
    await run(
      "radosgw-admin",
      ...conf,
      "-n",
      "client.rgw",
      "user",
      "create",
      ...user,
      `--secret-key=${secretAccessKey}`,
    );
    const endpoint = `http://127.0.0.1:${gatewayPort}`;
    await untilItAnswers(endpoint, daemons, file("client.rgw.log"));
    return { endpoint, accessKeyId, secretAccessKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keys in Ceph's format: type 1 (AES), time, length, 16 bytes. */
function keyring(names: readonly string[]): string {
  return names
    .map((name) => {
      const head = Buffer.alloc(12);
      head.writeUInt16LE(1, 0);
      head.writeUInt32LE(Math.floor(Date.now() / 1000), 2);
      head.writeUInt16LE(16, 10);
      const key = Buffer.concat([head, randomBytes(16)]).toString("base64");
      const caps = ["mon", "osd", "mgr"].map((of) => `\tcaps ${of} = "allow *"\n`).join("");
      return `[${name}]\n\tkey = ${key}\n${caps}`;
    })
    .join("");
}

async function untilItAnswers(
  endpoint: string,
  daemons: readonly ChildProcess[],
  log: string,
): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && daemons.every(({ exitCode }) => exitCode === null)) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer?.ok) return;
    await sleep(50);
  }
  const said = (await readFile(log, "utf8").catch(() => "")).split("\n").slice(-10).join("\n");
  throw new Error(`The gateway did not answer within ${START_MS} ms: ${said}`);
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, "exit");
  daemon.kill("SIGTERM");
  const timer = setTimeout(() => daemon.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
