/**
 * @file The embedded PostgreSQL: a real server of our own in a folder, reached by a Unix socket only.
 *
 * The server runs detached from the terminal (Ctrl-C reaches FirstRead, which stops it in its own time),
 * with fsync on. When FirstRead is killed the server goes on; the next start finds it by its own
 * `postmaster.pid` and takes it over. A second FirstRead on the same folder is refused by an advisory lock.
 */
import { spawn, execFile, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  access,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import pg from "pg";

import { barrierOnTheWay, databaseAccount, findPrograms, type Account } from "./postgres-binaries.ts";

const run = promisify(execFile);

const USER = "firstread";
const START_TIMEOUT_MS = 30_000;
/** A server that is shutting down (or whose last backend is) is given this long to go. */
const TAKE_OVER_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
/** The longest path a Unix socket may have is 107 bytes; PostgreSQL adds `/.s.PGSQL.5432.lock`. */
const LONGEST_SOCKET_FOLDER = 85;
/** Held by the FirstRead that owns the folder, for as long as it lives. */
const OWNER_LOCK = 7_261_842;

/** Another FirstRead holds the folder. */
export class DatabaseInUse extends Error {
  constructor(folder: string) {
    super(
      `The data folder ${folder} is in use by another FirstRead. Stop that one, choose another --data, ` +
        `or set database.url when several processes shall share one database.`,
    );
    this.name = "DatabaseInUse";
  }
}

export interface EmbeddedPostgres {
  readonly connection: pg.PoolConfig;
  /** Stop the server: connections end, everything committed is on disk. */
  stop(): Promise<void>;
}

interface Folders {
  /** What belongs to the database as a whole. */
  readonly root: string;
  /** PostgreSQL's own data directory. */
  readonly cluster: string;
  readonly passwordFile: string;
  readonly logFile: string;
}

/** The running server, as `postmaster.pid` tells. */
interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
}

/**
 * Start the database of a folder (made on first use), or take over the one that a killed FirstRead left.
 * @throws DatabaseInUse, or an Error that names what PostgreSQL said.
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const root = resolve(folder);
  const folders: Folders = {
    root,
    cluster: join(root, "cluster"),
    passwordFile: join(root, "password"),
    logFile: join(root, "server.log"),
  };
  const account = await databaseAccount();
  await mkdir(root, { recursive: true });
  await ownedBy(account, root);
  const barrier = await barrierOnTheWay(root, account);
  if (barrier !== null) {
    throw new Error(
      `The database folder ${root} lies below ${barrier}, which only root may enter, and PostgreSQL does not ` +
        `run as root. Choose a data folder elsewhere (--data /var/lib/firstread), or run as an ordinary user.`,
    );
  }
  const password = await readFile(folders.passwordFile, "utf8").catch(() => null);
  if (password === null) await initialise(folders, account);

  const postmaster = (await runningPostmaster(folders)) ?? (await start(folders, account));
  const connection = {
    host: postmaster.socketFolder,
    user: USER,
    password: password ?? (await readFile(folders.passwordFile, "utf8")),
    database: "postgres",
  };
  const owner = await becomeOwner(connection, root);
  return {
    connection,
    stop: async () => {
      await owner.end().catch(() => undefined);
      await stopPostmaster(postmaster.pid, folders);
      if (!postmaster.socketFolder.startsWith(root))
        await rm(postmaster.socketFolder, { recursive: true, force: true });
    },
  };
}

async function ownedBy({ uid, gid }: Account, folder: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
}

/** Create the cluster under another name and rename it when whole, so that a killed start leaves no half. */
async function initialise(folders: Folders, account: Account): Promise<void> {
  const { initdb } = await findPrograms(account, folders.root);
  const password = randomBytes(24).toString("base64url");
  const partial = `${folders.cluster}.partial`;
  const passwordFile = `${folders.passwordFile}.partial`;
  await rm(partial, { recursive: true, force: true });
  await rm(folders.cluster, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined)
    await chown(passwordFile, account.uid, account.gid);
  const flags = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  await run(initdb, [`--pgdata=${partial}`, `--username=${USER}`, `--pwfile=${passwordFile}`, ...flags], {
    ...account,
    cwd: folders.root,
  }).catch((cause: unknown) => {
    throw new Error(`PostgreSQL could not create its data folder ${partial}.`, { cause });
  });
  await rename(partial, folders.cluster);
  await rename(passwordFile, folders.passwordFile);
  await chmod(folders.passwordFile, 0o600);
}

/** The server that already runs on this cluster, or null. Removes a `postmaster.pid` that lies. */
async function runningPostmaster(folders: Folders): Promise<Postmaster | null> {
  const pidFile = join(folders.cluster, "postmaster.pid");
  // Lines: pid, data directory, start time, port, socket directory, … (PostgreSQL, miscadmin.h).
  const lines = (await readFile(pidFile, "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  if (!(await isPostgresOn(pid, folders.cluster))) {
    await rm(pidFile, { force: true });
    return null;
  }
  const socketFolder = lines[4] ?? "";
  const deadline = Date.now() + TAKE_OVER_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (!isAlive(pid)) return null;
    const reachable = await exists(join(socketFolder, ".s.PGSQL.5432"));
    if (reachable) return { pid, socketFolder };
    await sleep(POLL_MS);
  }
  throw new Error(
    `A PostgreSQL server (process ${pid}) holds ${folders.cluster} but does not answer. Stop it first.`,
  );
}

/** Whether the process is a PostgreSQL server on this cluster, and not another that got the number since. */
async function isPostgresOn(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8")
    .then((text) => text.replaceAll("\0", " "))
    .catch(async () => (await run("ps", ["-o", "command=", "-p", String(pid)])).stdout)
    .catch(() => "");
  return command.includes(cluster);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Start the server; retried while the last backend of a killed one still holds the shared memory. */
async function start(folders: Folders, account: Account): Promise<Postmaster> {
  const { postgres } = await findPrograms(account, folders.root);
  const inside = join(folders.root, "socket");
  const short = Buffer.byteLength(inside) <= LONGEST_SOCKET_FOLDER;
  const socketFolder = short ? inside : await mkdtemp(join(tmpdir(), "firstread-"));
  await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  await ownedBy(account, socketFolder);
  const deadline = Date.now() + TAKE_OVER_TIMEOUT_MS;
  for (;;) {
    // A socket that a killed server left behind would look like one that listens.
    await rm(join(socketFolder, ".s.PGSQL.5432"), { force: true });
    const log = await open(folders.logFile, "w", 0o600);
    const child = spawn(postgres, serverFlags(folders.cluster, socketFolder), {
      ...account,
      cwd: folders.root,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await log.close();
    const started = await untilListening(child, join(socketFolder, ".s.PGSQL.5432"));
    if (started && child.pid !== undefined) {
      child.unref();
      return { pid: child.pid, socketFolder };
    }
    const said = await readFile(folders.logFile, "utf8").catch(() => "");
    if (!/still in use|already exists/.test(said) || Date.now() > deadline) {
      throw new Error(`PostgreSQL did not start on ${folders.cluster}. It said: ${said.trim() || "nothing"}`);
    }
    await sleep(200);
  }
}

/** Terse errors and no statements in the log: patient data must not get there. */
function serverFlags(cluster: string, socketFolder: string): string[] {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: socketFolder,
    unix_socket_permissions: "0700",
    port: "5432",
    max_connections: "50",
    wal_level: "minimal",
    max_wal_senders: "0",
    jit: "off",
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    log_parameter_max_length: "0",
    log_parameter_max_length_on_error: "0",
  };
  return ["-D", cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

async function untilListening(child: ChildProcess, socket: string): Promise<boolean> {
  const ended = new Promise<boolean>((settle) => {
    child.once("exit", () => settle(false));
    child.once("error", () => settle(false));
  });
  const listening = (async () => {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      if (await exists(socket)) return true;
      await sleep(POLL_MS);
    }
    return false;
  })();
  return Promise.race([ended, listening]);
}

/** Connect (waiting while the server recovers) and take the folder's lock. */
async function becomeOwner(connection: pg.ClientConfig, folder: string): Promise<pg.Client> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client(connection);
    // The connection ends when the server stops; what matters then is said by whoever uses the pool.
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (cause) {
      await client.end().catch(() => undefined);
      // 57P03: starting up, or replaying its log after a crash.
      const waiting = cause instanceof pg.DatabaseError ? cause.code === "57P03" : isRefused(cause);
      if (!waiting || Date.now() > deadline)
        throw new Error(`The database in ${folder} does not answer.`, { cause });
      await sleep(POLL_MS);
      continue;
    }
    const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [
      OWNER_LOCK,
    ]);
    if (rows[0]?.locked === true) return client;
    await client.end();
    throw new DatabaseInUse(folder);
  }
}

function isRefused(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException).code;
  return code === "ECONNREFUSED" || code === "ENOENT";
}

/**
 * SIGINT is PostgreSQL's fast shutdown: sessions are ended, the checkpoint is written, and last of all
 * `postmaster.pid` is removed.
 */
async function stopPostmaster(pid: number, { cluster }: Folders): Promise<void> {
  try {
    process.kill(pid, "SIGINT");
  } catch {
    return;
  }
  while (isAlive(pid) && (await exists(join(cluster, "postmaster.pid")))) await sleep(POLL_MS);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
