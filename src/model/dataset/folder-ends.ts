/**
 * @file A folder as a dataset's source, and as its destination.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readFile, readdir, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";

import { byName, mayBeInstance } from "./ends.ts";
import type { DatasetSink, DatasetSource, Place, SourceFile } from "./ends.ts";

/** How many files' sizes are asked for at once. */
const AT_ONCE = 32;

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

export class FolderSource implements DatasetSource {
  readonly uri: string;
  readonly #accepts: (name: string) => boolean;

  constructor(dir: string, accepts = mayBeInstance) {
    this.uri = dir;
    this.#accepts = accepts;
  }

  /** @throws the file system's error when the folder does not exist */
  async list(): Promise<readonly SourceFile[]> {
    const found: SourceFile[] = [];
    const folders = [this.uri];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = await readdir(folder, { withFileTypes: true });
      const names: string[] = [];
      for (const entry of entries) {
        const path = join(folder, entry.name);
        const name = relative(this.uri, path).replaceAll(sep, "/");
        if (entry.isDirectory()) {
          if (!entry.name.startsWith(".")) folders.push(path);
        } else if (this.#accepts(name)) names.push(name);
      }
      for (let i = 0; i < names.length; i += AT_ONCE) {
        const some = names.slice(i, i + AT_ONCE);
        const sizes = await Promise.all(some.map((name) => stat(join(this.uri, name))));
        some.forEach((name, at) => found.push({ name, bytes: sizes[at]?.size ?? 0 }));
      }
    }
    return found.sort(byName);
  }

  pathOf({ name }: SourceFile): string {
    return join(this.uri, name);
  }

  async read(source: SourceFile, most = source.bytes): Promise<Uint8Array> {
    const { bytes } = source;
    const path = this.pathOf(source);
    if (most >= bytes) return readFile(path);
    const file = await open(path);
    try {
      const head = new Uint8Array(most);
      const { bytesRead } = await file.read(head, 0, most, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }
}

interface Journal {
  readonly file: FileHandle;
  length: number;
}

/** Write lines to a file as they come. */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const ended = async function* (): AsyncGenerator<string> {
    for await (const line of lines) yield `${line}\n`;
  };
  await pipeline(ended, createWriteStream(path));
}

export class FolderSink implements DatasetSink {
  readonly uri: string;
  readonly journalsInPieces = false;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #journals = new Map<string, Journal>();
  #temporary = 0;

  constructor(dir: string) {
    this.uri = dir;
  }

  async placeOf(name: string): Promise<Place> {
    const path = join(this.uri, name);
    await this.#makeFolder(dirname(path));
    return { path, unfinished: this.#unfinished() };
  }

  async write(name: string, content: Uint8Array | string): Promise<void> {
    const { path, unfinished } = await this.placeOf(name);
    try {
      await writeFile(unfinished, content);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async append(name: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const journal = await this.#journal(name);
    const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    try {
      await journal.file.appendFile(text);
      journal.length += text.length;
    } catch (error) {
      // A full disk may have taken half a line.
      await journal.file.truncate(journal.length);
      throw error;
    }
  }

  async replace(name: string, lines: AsyncIterable<string>): Promise<void> {
    await this.#makeFolder(this.uri);
    const unfinished = this.#unfinished();
    try {
      await writeLines(unfinished, lines);
      await this.#journals.get(name)?.file.close();
      this.#journals.delete(name);
      await rename(unfinished, join(this.uri, name));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async flush(): Promise<void> {
    // Every line is written as it is appended.
  }

  async *lines(name: string): AsyncIterable<string> {
    const path = join(this.uri, name);
    let rest = "";
    let whole = 0;
    try {
      for await (const piece of createReadStream(path, { encoding: "utf8" })) {
        const lines = (rest + String(piece)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) whole += Buffer.byteLength(line) + 1;
        yield* lines;
      }
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    // What a killed run left half written goes, so that the next line begins on a line of its own.
    if (rest !== "") await truncate(path, whole);
  }

  async text(name: string): Promise<string | null> {
    try {
      return await readFile(join(this.uri, name), "utf8");
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const { file } of this.#journals.values()) await file.close();
    this.#journals.clear();
  }

  async #journal(name: string): Promise<Journal> {
    const kept = this.#journals.get(name);
    if (kept) return kept;
    await this.#makeFolder(this.uri);
    const file = await open(join(this.uri, name), "a+");
    const journal: Journal = { file, length: (await file.stat()).size };
    this.#journals.set(name, journal);
    return journal;
  }

  #unfinished(): string {
    return join(this.uri, `.unfinished-${process.pid}-${this.#temporary++}`);
  }

  #makeFolder(dir: string): Promise<unknown> {
    let made = this.#made.get(dir);
    if (!made) {
      made = mkdir(dir, { recursive: true });
      this.#made.set(dir, made);
      // A full disk now may have room later.
      made.catch(() => this.#made.delete(dir));
    }
    return made;
  }
}
