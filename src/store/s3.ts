/**
 * @file S3, or what speaks like it: list, get, put, remove, with plain words for what goes wrong.
 *
 * Where it is and who we are is told the standard way: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION,
 * credentials by the SDK's own chain. A server that is not Amazon's is addressed by path (`/bucket/key`)
 * unless FIRSTREAD_S3_PATH_STYLE=false.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, stat, truncate, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import { endpointOf, inWords, S3Error } from "./s3-error.ts";

/** An object as a listing names it. */
export interface S3Object {
  readonly key: string;
  readonly byteLength: number;
  /** Changes with the content. */
  readonly etag: string;
}

/** Which bytes of an object to read, and what it must still be. */
export interface S3Part {
  readonly at: number;
  /** At least 1. */
  readonly byteLength: number;
  readonly etag?: string;
}

/** A bucket, and what the keys begin with: "" or a text that ends with "/" (or names one object). */
export interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** Where an upload keeps the SHA-256 of the content, so that whoever reads it can compare. */
const DIGEST = "sha256";
const PART_BYTES = 16 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
const CONNECT_MS = 10_000;
const SILENT_MS = 60_000;
const ATTEMPTS = 4;

export const isS3 = (location: string): boolean => /^s3:\/\//i.test(location);

/**
 * `s3://bucket/prefix`, taken apart.
 * @throws S3Error when it is none
 */
export function parseS3(location: string): S3Place {
  const [, bucket = "", key = ""] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/i.exec(location) ?? [];
  if (bucket === "") throw new S3Error(`Expected s3://BUCKET/PREFIX, got ${location}.`);
  return { bucket, prefix: key.replace(/\/+$/, "") };
}

/** What is done in one bucket. */
export class Bucket {
  readonly name: string;
  readonly #client: S3Client;

  private constructor(name: string) {
    const endpoint = endpointOf();
    const isPathStyle = process.env["FIRSTREAD_S3_PATH_STYLE"];
    this.name = name;
    this.#client = new S3Client({
      // Checksums that only Amazon's servers know would be refused by others.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
      ...(endpoint !== null && {
        endpoint,
        forcePathStyle: isPathStyle !== "false",
        region: process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
      }),
      ...(endpoint === null && isPathStyle === "true" && { forcePathStyle: true }),
    });
  }

  /** Use a bucket, and let it go when `use` is done. */
  static async with<T>(name: string, use: (bucket: Bucket) => Promise<T>): Promise<T> {
    const bucket = new Bucket(name);
    try {
      return await use(bucket);
    } finally {
      bucket.#client.destroy();
    }
  }

  /** A bucket that is used until `close`. */
  static open(name: string): Bucket {
    return new Bucket(name);
  }

  close(): void {
    this.#client.destroy();
  }

  /**
   * An object's bytes, or a part of them: fewer than asked for only where it ends.
   * @throws S3Error
   */
  async read(key: string, part?: S3Part): Promise<Uint8Array> {
    return this.#saying(key, async () => {
      const range = part && { Range: `bytes=${part.at}-${part.at + part.byteLength - 1}` };
      const isSame = part?.etag === undefined ? {} : { IfMatch: part.etag };
      const query = { Bucket: this.name, Key: key, ...range, ...isSame };
      const { Body } = await this.#client.send(new GetObjectCommand(query));
      return Body ? await Body.transformToByteArray() : new Uint8Array();
    });
  }

  /**
   * Store bytes under a key: whole, or not at all.
   * @throws S3Error
   */
  async write(key: string, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content);
    const params = { Bucket: this.name, Key: key, Body: bytes, ContentLength: bytes.length };
    await this.#saying(key, () => this.#client.send(new PutObjectCommand(params)));
  }

  /**
   * Every object whose key begins so, in the order of keys.
   * @throws S3Error
   */
  async list(prefix: string): Promise<S3Object[]> {
    const objects: S3Object[] = [];
    await this.#saying(prefix, async () => {
      const query = { Bucket: this.name, Prefix: prefix };
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, query)) {
        for (const { Key: key = "", Size: byteLength = 0, ETag: etag = "" } of Contents) {
          objects.push({ key, byteLength, etag });
        }
      }
    });
    return objects;
  }

  /**
   * Fetch an object into a file that is there only when it is whole and right. What an interrupted fetch left
   * is taken up where it stopped, if the object is still the same.
   * @returns how many bytes came over the wire
   * @throws S3Error
   */
  async get(object: S3Object, file: string): Promise<number> {
    const { key, etag, byteLength } = object;
    const partial = `${file}.part-${createHash("sha256").update(etag).digest("hex").slice(0, 12)}`;
    const had = Math.min((await stat(partial).catch(() => null))?.size ?? 0, byteLength);
    const isResumed = had > 0 && had < byteLength;
    return this.#saying(key, async () => {
      const range = isResumed ? { Range: `bytes=${had}-` } : {};
      const query = { Bucket: this.name, Key: key, IfMatch: etag, ...range };
      const answer = await this.#client.send(new GetObjectCommand(query));
      const { Body, Metadata, ServerSideEncryption } = answer;
      const goesOn = isResumed && answer.ContentRange?.startsWith(`bytes ${had}-`) === true;
      await writeFile(partial, Body as Readable, { flag: goesOn ? "a" : "w", flush: true });
      // An ETag is the content's MD5 only for objects in one part, and not under a key of the server's.
      const md5 = ServerSideEncryption === "aws:kms" ? undefined : /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1];
      await check(partial, object, { sha256: Metadata?.[DIGEST], md5 });
      await rename(partial, file);
      return byteLength - (goesOn ? had : 0);
    });
  }

  /**
   * Store a file under a key, in parts when it is large, and make sure that all of it is there.
   * @throws S3Error
   */
  async put(file: string, key: string): Promise<void> {
    const { size } = await stat(file);
    const sha256 = await hashOf(file, "sha256");
    await this.#saying(key, async () => {
      const params = {
        Bucket: this.name,
        Key: key,
        Body: createReadStream(file),
        Metadata: { [DIGEST]: sha256 },
      };
      const client = this.#client;
      await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
      const stored = await client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
      if (stored.ContentLength === size && stored.Metadata?.[DIGEST] === sha256) return;
      throw new S3Error(
        `s3://${this.name}/${key}: expected ${size} bytes to be stored, got ${stored.ContentLength ?? 0}.`,
      );
    });
  }

  /** Remove an object; nothing happens when there is none. @throws S3Error */
  async remove(key: string): Promise<void> {
    await this.#saying(key, () =>
      this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key })),
    );
  }

  async #saying<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof S3Error ? cause : new S3Error(inWords(this.name, key, cause), { cause });
    }
  }
}

async function hashOf(file: string, algorithm: "sha256" | "md5"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

interface Known {
  readonly sha256: string | undefined;
  readonly md5: string | undefined;
}

/** @throws S3Error when the file is not the object; then the file is empty, so that the next try starts anew */
async function check(file: string, { key, byteLength }: S3Object, { sha256, md5 }: Known): Promise<void> {
  const { size } = await stat(file);
  const [algorithm, expected] =
    sha256 !== undefined ? (["sha256", sha256] as const) : (["md5", md5] as const);
  const got = expected === undefined ? undefined : await hashOf(file, algorithm);
  if (size === byteLength && got === expected) return;
  await truncate(file);
  const what = size === byteLength ? `content with ${algorithm} ${expected ?? ""}` : `${byteLength} bytes`;
  throw new S3Error(`${key}: expected ${what}, got ${size === byteLength ? (got ?? "") : `${size} bytes`}.`);
}
