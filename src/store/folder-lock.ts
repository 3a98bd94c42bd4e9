/**
 * @file One process at a time in a folder: a lock file that names its holder, and lapses with it.
 */
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
/** The holder says so often that it lives: a process number alone may be another's after a restart. */
const HEARTBEAT_MS = 5000;
const LAPSES_AFTER_MS = 30_000;

/** Do `work` alone: others who ask for the same lock file wait for their turn. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await take(file))) await sleep(POLL_MS);
  const beat = () => void utimes(file, new Date(), new Date()).catch(() => undefined);
  const heartbeat = setInterval(beat, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}

/** Make the lock file, unless a living process has. One that a dead process left is removed. */
async function take(file: string): Promise<boolean> {
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  if (handle === null) {
    if (await hasLapsed(file)) await rm(file, { force: true });
    return false;
  }
  await handle.writeFile(String(process.pid));
  await handle.close();
  return true;
}

async function hasLapsed(file: string): Promise<boolean> {
  const beatMs = (await stat(file).catch(() => null))?.mtimeMs ?? Date.now();
  if (Date.now() - beatMs > LAPSES_AFTER_MS) return true;
  const holder = Number(await readFile(file, "utf8").catch(() => ""));
  return holder > 0 && !isAlive(holder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
