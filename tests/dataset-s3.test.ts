/**
 * @file `dataset prepare` from a bucket to a bucket, against a real S3: Ceph's RADOS Gateway.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { openSink, openSource } from "../src/cli/commands/dataset/ends.ts";
import { HEAD_CT_WINDOWS } from "../src/domain/slice.ts";
import { finishDataset } from "../src/model/dataset/finish.ts";
import { readLabels } from "../src/model/dataset/labels.ts";
import { readManifest } from "../src/model/dataset/manifest.ts";
import type { ManifestEntry } from "../src/model/dataset/manifest.ts";
import { prepareDataset } from "../src/model/dataset/prepare.ts";
import type { PrepareReport } from "../src/model/dataset/prepare.ts";
import { writeTestSet, zipOf } from "../src/model/dataset/test-set.ts";
import { Bucket } from "../src/store/s3.ts";
import { hasCeph, startCephRgw, type CephRgw } from "./support/ceph-rgw.ts";

const PATIENTS = 10;
const UNWANTED_BYTES = 16 * 1024 * 1024;

describe.skipIf(!hasCeph)(
  "dataset s3:// against Ceph (radosgw, ceph-mon and ceph-osd must be installed)",
  () => {
    let ceph: CephRgw;
    let dir = "";
    let labels = "";
    let zip: Buffer = Buffer.alloc(0);

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "firstread-dataset-s3-"));
      ceph = await startCephRgw();
      const { endpoint, accessKeyId, secretAccessKey } = ceph;
      vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
      vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
      const client = new S3Client({
        ...{ endpoint, region: "us-east-1", forcePathStyle: true },
        ...{ credentials: { accessKeyId, secretAccessKey }, requestChecksumCalculation: "WHEN_REQUIRED" },
      });
      await client.send(new CreateBucketCommand({ Bucket: "heads" }));
      const set = writeTestSet(join(dir, "source"), PATIENTS);
      labels = set.labels;
      for (const [image, file] of set.files)
        await client.send(
          new PutObjectCommand({ Bucket: "heads", Key: `in/${image}.dcm`, Body: await readFile(file) }),
        );
      const entries: Record<string, Buffer> = {};
      for (const [image, file] of set.files) entries[`in/${image}.dcm`] = await readFile(file);
      // What nobody asks for lies between the entries and the directory, as in an archive of many gigabytes.
      entries["in/notes.txt"] = Buffer.alloc(UNWANTED_BYTES, "no image");
      zip = zipOf(entries, crc32, true);
      await client.send(new PutObjectCommand({ Bucket: "heads", Key: "zips/heads.zip", Body: zip }));
      client.destroy();
    }, 90_000);
    afterAll(async () => {
      vi.unstubAllEnvs();
      await ceph.stop();
      await rm(dir, { recursive: true, force: true });
    });

    async function prepare(
      uri: string,
      shard: { index: number; of: number },
      from = "s3://heads/in",
    ): Promise<PrepareReport> {
      const [source, sink] = [await openSource(from), await openSink(uri)];
      try {
        return await prepareDataset({
          ...{ source, sink, labels: await readLabels(labels), seed: 1, secret: "", shard, threads: 1 },
          split: { train: 0.8, validation: 0.2, test: 0 },
          picture: {
            windows: HEAD_CT_WINDOWS,
            ...{ windowFunction: "linear", size: null, crop: "none", format: "png", quality: 95 },
          },
        });
      } finally {
        await sink.close();
        await source.close();
      }
    }

    it("writes pictures and a manifest, redoes nothing, and joins shards", { timeout: 120_000 }, async () => {
      const uri = "s3://heads/out";
      expect((await prepare(uri, { index: 1, of: 2 })).made).toBe(15);
      expect(await prepare(uri, { index: 1, of: 2 })).toMatchObject({ made: 0, kept: 15 });
      expect((await prepare(uri, { index: 2, of: 2 })).made).toBe(15);
      const sink = await openSink(uri);
      const { summary } = await finishDataset(sink);
      expect([summary.images, summary.patients, summary.patientsInTwoSplits]).toEqual([30, PATIENTS, 0]);
      expect(summary.counts.map(({ images }) => images)).toEqual([20, 4, 5, 1, 0, 0]);
      const entries: ManifestEntry[] = [];
      for await (const entry of readManifest(sink, "manifest-00001-of-00002.jsonl")) entries.push(entry);
      await sink.close();
      await Bucket.with("heads", async (bucket) => {
        const picture = await bucket.read(`out/${entries[0]?.file ?? ""}`);
        expect(Buffer.from(picture).toString("latin1", 1, 4)).toBe("PNG");
        const manifest = new TextDecoder().decode(await bucket.read("out/manifest.jsonl"));
        expect(manifest.trim().split("\n")).toHaveLength(30);
      });
    });

    it(
      "reads a zip file in place: only the wanted parts come over the wire",
      { timeout: 120_000 },
      async () => {
        const read = vi.spyOn(Bucket.prototype, "read");
        const whole = { index: 1, of: 1 };
        const report = await prepare("s3://heads/from-zip", whole, "s3://heads/zips/heads.zip");
        const parts = read.mock.calls.filter(([key]) => key === "zips/heads.zip");
        read.mockRestore();
        expect([report.made, report.skipped]).toEqual([3 * PATIENTS, []]);
        const bytes = parts.reduce((sum, [, part]) => sum + (part?.byteLength ?? zip.length), 0);
        expect(bytes).toBeLessThan(zip.length - UNWANTED_BYTES / 2);
        await prepare("s3://heads/from-prefix", whole);
        await Bucket.with("heads", async (bucket) => {
          const lines = async (of: string): Promise<string[]> =>
            new TextDecoder()
              .decode(await bucket.read(`${of}/manifest.jsonl/000001`))
              .trim()
              .split("\n")
              .map((line) => {
                const { file, sha256 } = JSON.parse(line) as ManifestEntry;
                return `${file} ${sha256}`;
              })
              .sort();
          expect(await lines("from-zip")).toEqual(await lines("from-prefix"));
        });
        const none = openSource("s3://heads/zips/none.zip");
        await expect(none).rejects.toThrow("s3://heads/zips/none.zip: expected an object, there is none");
      },
    );

    it("says in one sentence that there is no such bucket", async () => {
      await expect(prepare("s3://nobody-has-this/out", { index: 1, of: 1 })).rejects.toThrow(
        /nobody-has-this/,
      );
    });
  },
);
