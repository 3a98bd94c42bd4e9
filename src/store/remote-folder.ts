/**
 * @file A folder that is a prefix of a bucket: brought here, and published there.
 *
 * Here: objects are fetched a few at once; what is here already and unchanged (by ETag and length) is not
 * fetched again; a file is there only when it is whole; an interrupted fetch goes on where it stopped.
 * There: `model.json` goes away first and comes last, so that who reads meanwhile sees a whole package or none.
 */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { withLock } from "./folder-lock.ts";
import { endpointOf, S3Error } from "./s3-error.ts";
import { Bucket, parseS3, type S3Object } from "./s3.ts";
import { filesBelow, isHidden, isTarGz, safePath } from "./tar-gz.ts";

const AT_ONCE = 8;
/** Says that a folder is a whole package. */
const LAST = "model.json";

export interface RemoteOptions {
  /** Called with how many objects are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Fetch only the objects whose path below the prefix is like this; they have a folder of their own. */
  readonly only?: RegExp;
}

/** Do a task for each, a few at once; the first error ends it when those under way have ended. */
async function forEach<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let failed = false;
  const work = async () => {
    for (const item of queue) {
      if (failed) return;
      await task(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** An object and where its file belongs, relative to the folder. */
interface Wanted extends S3Object {
  readonly path: string;
}

/** @throws S3Error for a key that cannot be a file below a folder */
function wantedOf(bucket: string, prefix: string, objects: readonly S3Object[]): Wanted[] {
  return objects.flatMap((object) => {
    if (object.key.endsWith("/")) return []; // a console's mark for an empty folder
    const name =
      object.key === prefix ? (prefix.split("/").at(-1) ?? "") : object.key.slice(prefix.length + 1);
    const path = safePath(prefix === "" ? object.key : name);
    if (path === null || path === "") {
      throw new S3Error(`s3://${bucket}/${object.key}: expected a key that can be a file's name, got that.`);
    }
    return isHidden(path) ? [] : [{ ...object, path }];
  });
}

/**
 * Bring a prefix (or one `.tar.gz`) here, below the cache folder. A later call fetches what has changed and
 * removes what is gone; two processes that want the same wait for each other.
 * @returns the folder (for a `.tar.gz`: the file)
 * @throws S3Error
 */
export async function fetchFolder(
  location: string,
  cacheDir: string,
  { onProgress, only }: RemoteOptions = {},
): Promise<string> {
  const { bucket: name, prefix } = parseS3(location);
  const identity = [endpointOf() ?? "", name, prefix, ...(only ? [only.source] : [])].join(" ");
  const id = createHash("sha256").update(identity).digest("hex").slice(0, 24);
  const dir = join(cacheDir, id);
  const record = new FetchRecord(join(cacheDir, `${id}.fetched`));
  await mkdir(dir, { recursive: true });
  const isFile = isTarGz(prefix);
  const wanted = await withLock(join(cacheDir, `${id}.lock`), () =>
    Bucket.with(name, async (bucket) => {
      const listed = await bucket.list(isFile || prefix === "" ? prefix : `${prefix}/`);
      const below = wantedOf(name, prefix, isFile ? listed.filter(({ key }) => key === prefix) : listed);
      const objects = only ? below.filter(({ path }) => only.test(path)) : below;
      if (objects.length === 0) {
        const where = endpointOf() ?? "Amazon S3";
        throw new S3Error(`${location}: expected objects below it at ${where}, got none.`);
      }
      await record.read();
      const paths = new Set(objects.map(({ path }) => path));
      for (const file of await filesBelow(dir)) {
        const isPartOf = [...paths].some((path) => file.startsWith(`${path}.part-`));
        if (!paths.has(file) && !isPartOf) await rm(join(dir, file));
      }
      let done = 0;
      await forEach(objects, async (object) => {
        const file = join(dir, object.path);
        if (!(await record.isFetched(object, file))) {
          await mkdir(dirname(file), { recursive: true });
          await bucket.get(object, file);
          await record.add(object);
        }
        onProgress?.(++done, objects.length);
      });
      return objects;
    }),
  );
  return isFile ? join(dir, wanted[0]?.path ?? "") : dir;
}

/** Which ETag each file has that was fetched: one JSON line a file; the last line of a file counts. */
class FetchRecord {
  readonly #file: string;
  readonly #etags = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
  }

  async read(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(0, -1)) {
      const [path, etag] = JSON.parse(line) as [string, string];
      this.#etags.set(path, etag);
    }
  }

  async isFetched({ path, etag, byteLength }: Wanted, file: string): Promise<boolean> {
    if (this.#etags.get(path) !== etag) return false;
    return (await stat(file).catch(() => null))?.size === byteLength;
  }

  async add({ path, etag }: Wanted): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify([path, etag])}\n`);
  }
}

/** Ask for a prefix, whether there is anything or not. @throws S3Error when the bucket cannot be asked */
export async function checkPrefix(location: string): Promise<void> {
  const { bucket: name, prefix } = parseS3(location);
  await Bucket.with(name, (bucket) => bucket.list(prefix));
}

/**
 * Publish a folder under a prefix: afterwards the prefix holds the folder's files and nothing else.
 * @throws S3Error
 */
export async function publishBelow(
  dir: string,
  location: string,
  options: RemoteOptions = {},
): Promise<void> {
  const { bucket: name, prefix } = parseS3(location);
  const keyOf = (path: string) => (prefix === "" ? path : `${prefix}/${path}`);
  const files = await filesBelow(dir);
  if (files.length === 0) throw new S3Error(`${location}: expected files in ${dir} to publish, got none.`);
  if (prefix === "") {
    throw new S3Error(`${location}: expected s3://BUCKET/PREFIX to publish under, got a whole bucket.`);
  }
  await Bucket.with(name, async (bucket) => {
    const before = await bucket.list(`${prefix}/`);
    if (before.some(({ key }) => key === keyOf(LAST))) await bucket.remove(keyOf(LAST));
    let done = 0;
    const put = async (path: string) => {
      await bucket.put(join(dir, path), keyOf(path));
      options.onProgress?.(++done, files.length);
    };
    await forEach(
      files.filter((path) => path !== LAST),
      put,
    );
    const kept = new Set(files.map(keyOf));
    await forEach(
      before.filter(({ key }) => !kept.has(key) && key !== keyOf(LAST)),
      ({ key }) => bucket.remove(key),
    );
    if (files.includes(LAST)) await put(LAST);
  });
}

/** Publish one file as one object. @throws S3Error */
export async function publishFile(file: string, location: string): Promise<void> {
  const { bucket: name, prefix } = parseS3(location);
  await Bucket.with(name, (bucket) => bucket.put(file, prefix));
}
