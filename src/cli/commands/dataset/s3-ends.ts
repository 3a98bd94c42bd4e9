/**
 * @file A prefix of a bucket as a dataset's source, and as its destination.
 *
 * Nothing can be added to an object, so a journal is a series of them, `manifest.jsonl/000001` and on, each written when
 * enough lines are there: a killed run makes again what it had not yet written down, at most `JOURNAL_LINES` pictures. At the end a manifest is one object.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { byName } from "../../../model/dataset/ends.ts";
import type { DatasetSink, DatasetSource, SourceFile } from "../../../model/dataset/ends.ts";
import { writeLines } from "../../../model/dataset/folder-ends.ts";
import type { RangedFile } from "../../../model/dataset/ranged-file.ts";
import { S3Error } from "../../../store/s3-error.ts";
import { Bucket, parseS3 } from "../../../store/s3.ts";
import type { S3Object } from "../../../store/s3.ts";

/** Lines of a journal that are written together. */
const JOURNAL_LINES = 200;

abstract class S3End {
  readonly uri: string;
  protected readonly bucket: Bucket;
  readonly #prefix: string;

  constructor(uri: string) {
    const { bucket, prefix } = parseS3(uri);
    this.uri = uri.replace(/\/+$/, "");
    this.bucket = Bucket.open(bucket);
    this.#prefix = prefix;
  }

  protected key(name: string): string {
    return this.#prefix === "" ? name : `${this.#prefix}/${name}`;
  }

  /** Names below the prefix that begin so, with their sizes. */
  protected async below(start: string): Promise<SourceFile[]> {
    const objects = await this.bucket.list(this.key(start));
    const skip = this.key("").length;
    return objects.map(({ key, byteLength }) => ({ name: key.slice(skip), bytes: byteLength }));
  }

  async close(): Promise<void> {
    this.bucket.close();
  }
}

export class S3Source extends S3End implements DatasetSource {
  readonly #accepts: (name: string) => boolean;

  constructor(uri: string, accepts: (name: string) => boolean) {
    super(uri);
    this.#accepts = accepts;
  }

  async list(): Promise<readonly SourceFile[]> {
    return (await this.below("")).filter(({ name }) => this.#accepts(name)).sort(byName);
  }

  async read({ name, bytes }: SourceFile, most = bytes): Promise<Uint8Array> {
    return this.bucket.read(this.key(name), most >= bytes ? undefined : { at: 0, byteLength: most });
  }
}

/** An object of which any part can be read. One that is replaced meanwhile is an error, not a mixture of two. */
export class S3File implements RangedFile {
  readonly uri: string;
  readonly #bucket: Bucket;
  readonly #object: S3Object;

  private constructor(uri: string, bucket: Bucket, object: S3Object) {
    this.uri = uri;
    this.#bucket = bucket;
    this.#object = object;
  }

  /** @throws S3Error when there is no such object */
  static async open(uri: string): Promise<S3File> {
    const place = parseS3(uri);
    const bucket = Bucket.open(place.bucket);
    try {
      const object = (await bucket.list(place.prefix)).find(({ key }) => key === place.prefix);
      if (!object) throw new S3Error(`${uri}: expected an object, there is none.`);
      return new S3File(uri, bucket, object);
    } catch (error) {
      bucket.close();
      throw error;
    }
  }

  get byteLength(): number {
    return this.#object.byteLength;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const { key, etag } = this.#object;
    const byteLength = Math.min(length, this.byteLength - at);
    return byteLength <= 0 ? new Uint8Array() : this.#bucket.read(key, { at, byteLength, etag });
  }

  async close(): Promise<void> {
    this.#bucket.close();
  }
}

interface Journal {
  readonly kept: string[];
  parts: number;
}

export class S3Sink extends S3End implements DatasetSink {
  readonly journalsInPieces = true;
  readonly #journals = new Map<string, Journal>();

  async write(name: string, content: Uint8Array | string): Promise<void> {
    await this.bucket.write(this.key(name), content);
  }

  async append(name: string, lines: readonly string[]): Promise<void> {
    const journal = await this.#journal(name);
    journal.kept.push(...lines);
    if (journal.kept.length >= JOURNAL_LINES) await this.#writePart(name, journal);
  }

  async replace(name: string, lines: AsyncIterable<string>): Promise<void> {
    const scratch = await mkdtemp(join(tmpdir(), "firstread-journal-"));
    try {
      await writeLines(join(scratch, "lines"), lines);
      await this.bucket.put(join(scratch, "lines"), this.key(name));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async flush(): Promise<void> {
    for (const [name, journal] of this.#journals) await this.#writePart(name, journal);
  }

  async *lines(name: string): AsyncIterable<string> {
    for (const part of (await this.below(`${name}/`)).sort(byName)) {
      const text = new TextDecoder().decode(await this.bucket.read(this.key(part.name)));
      yield* text.split("\n").filter((line) => line !== "");
    }
  }

  async text(name: string): Promise<string | null> {
    const [object] = (await this.below(name)).filter((file) => file.name === name);
    return object ? new TextDecoder().decode(await this.bucket.read(this.key(name))) : null;
  }

  override async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await super.close();
    }
  }

  async #journal(name: string): Promise<Journal> {
    const kept = this.#journals.get(name);
    if (kept) return kept;
    const journal = { kept: [], parts: (await this.below(`${name}/`)).length };
    this.#journals.set(name, journal);
    return journal;
  }

  async #writePart(name: string, journal: Journal): Promise<void> {
    if (journal.kept.length === 0) return;
    const part = `${name}/${String(journal.parts + 1).padStart(6, "0")}`;
    await this.bucket.write(this.key(part), journal.kept.map((line) => `${line}\n`).join(""));
    journal.parts += 1;
    journal.kept.length = 0;
  }
}
