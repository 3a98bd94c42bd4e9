/**
 * @file Where an extractor comes from: a file or folder at hand, or a package that npm fetches.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

const NPM_PREFIX = "npm:";

/** A package could not be fetched, or is not what the registry says it is. */
export class FetchFailed extends Error {
  override readonly name = "FetchFailed";
}

/** A source at hand. */
export interface LocalSource {
  /** A file, or a package's folder. */
  readonly path: string;
  /** As it was asked for. */
  readonly source: string;
  /** What the registry says the package's content hashes to; null for what was at hand. */
  readonly integrity: string | null;
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await execute("npm", [...args], { cwd, maxBuffer: 1 << 24 });
    return stdout;
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    const why = stderr?.split("\n").find((line) => /^npm (error|ERR!)/.test(line)) ?? String(cause);
    throw new FetchFailed(`npm ${args[0] ?? ""} ${args[1] ?? ""}: ${why}`, { cause });
  }
}

/**
 * Fetch and unpack a package with the user's own npm configuration; nothing of it is run.
 * @throws FetchFailed when npm cannot, or the content is not what the registry's integrity says
 */
async function fetchPackage(specifier: string, dir: string): Promise<LocalSource> {
  if (!/^(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.-]*$/.test(specifier)) {
    throw new FetchFailed(`npm:${specifier}: expected NAME@VERSION with an exact version`);
  }
  const integrity = (await npm(["view", specifier, "dist.integrity"], dir)).trim();
  const packed = await npm(["pack", specifier, "--json", "--ignore-scripts"], dir);
  const [entry] = JSON.parse(packed.slice(packed.indexOf("["))) as { filename: string }[];
  const archive = join(dir, (entry?.filename ?? "").replace("@", "").replace("/", "-"));
  const hash = `sha512-${createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")}`;
  if (hash !== integrity) {
    throw new FetchFailed(`${specifier}: content is ${hash}, the registry says ${integrity || "nothing"}`);
  }
  const path = join(dir, "package");
  await mkdir(path, { recursive: true });
  await execute("tar", ["-xzf", archive, "-C", path, "--strip-components", "1"]);
  return { path, source: `${NPM_PREFIX}${specifier}`, integrity };
}

/** Have a source at hand while `use` runs. `npm:NAME@VERSION` is fetched into a folder that is removed after. */
export async function withSource<T>(source: string, use: (local: LocalSource) => Promise<T>): Promise<T> {
  if (!source.startsWith(NPM_PREFIX)) return use({ path: resolve(source), source, integrity: null });
  const dir = await mkdtemp(join(tmpdir(), "firstread-import-"));
  try {
    return await use(await fetchPackage(source.slice(NPM_PREFIX.length), dir));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
