/**
 * @file A disk of a few hundred kilobytes, which fills up as a real one does: a tmpfs in a mount namespace of its own.
 *
 * Root may make one; where it may not, or who runs the tests is somebody else, a user namespace does. The folder is
 * reached through the `/proc` of the process that holds the namespace, and is gone with it.
 */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Ways to a namespace whose mounts nobody else sees, and how to enter it. */
const WAYS = [
  { unshare: ["--mount"], enter: [] },
  { unshare: ["--user", "--map-root-user", "--mount"], enter: ["--user", "--preserve-credentials"] },
] as const;

type Way = (typeof WAYS)[number];

export class SmallDisk {
  /** Where the disk is seen from any process of this machine. */
  readonly dir: string;
  readonly #holder: ChildProcess;
  readonly #mountPoint: string;
  readonly #way: Way;

  private constructor(holder: ChildProcess, mountPoint: string, way: Way) {
    this.dir = `/proc/${holder.pid ?? 0}/root${mountPoint}`;
    this.#holder = holder;
    this.#mountPoint = mountPoint;
    this.#way = way;
  }

  /** @throws Error with what each way said, where this machine allows none */
  static async open(kilobytes: number): Promise<SmallDisk> {
    const mountPoint = await mkdtemp(join(tmpdir(), "firstread-small-disk-"));
    const refused: string[] = [];
    for (const way of WAYS) {
      const script = `mount -t tmpfs -o size=${kilobytes}k,mode=755 small "$0" && echo mounted && exec cat`;
      const holder = spawn("unshare", [...way.unshare, "sh", "-c", script, mountPoint]);
      let said = "";
      holder.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
      const isMounted = await Promise.race([
        once(holder.stdout, "data").then(() => true),
        once(holder, "close").then(() => false),
      ]);
      if (isMounted) return new SmallDisk(holder, mountPoint, way);
      refused.push(`unshare ${way.unshare.join(" ")}: ${said.trim()}`);
    }
    await rmdir(mountPoint);
    throw new Error(`no small disk can be mounted here: ${refused.join("; ")}`);
  }

  /** Another size, as if something had made room. */
  async resize(kilobytes: number): Promise<void> {
    const target = ["--target", String(this.#holder.pid), "--mount", ...this.#way.enter];
    await run("nsenter", [...target, "mount", "-o", `remount,size=${kilobytes}k`, this.#mountPoint]);
  }

  async remove(): Promise<void> {
    const closed = once(this.#holder, "close");
    this.#holder.kill("SIGKILL");
    await closed;
    await rmdir(this.#mountPoint);
  }
}
