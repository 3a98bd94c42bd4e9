/**
 * @file Folders in a bucket, against a real S3: Ceph's RADOS Gateway.
 */
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { main } from "../src/cli/main.ts";
import { loadPackage, savePackage } from "../src/model/package.ts";
import { tinyPackage } from "../src/model/test-package.ts";
import { TINY_SIDE, tinyCnn, writeTinyFolder } from "../src/model/train/test-training.ts";
import { writeOnnx } from "../src/nn/onnx-file.ts";
import { publishFolder, toLocalFolder } from "../src/store/location.ts";
import { filesBelow } from "../src/store/tar-gz.ts";
import { hasCeph, startCephRgw, type CephRgw } from "./support/ceph-rgw.ts";
import { startCuttingProxy, type CuttingProxy } from "./support/cutting-proxy.ts";

/** More than one part of a multipart upload. */
const BIG_BYTES = 20 * 1024 * 1024;

describe.skipIf(!hasCeph)(
  "s3:// against Ceph (radosgw, ceph-mon and ceph-osd must be installed)",
  { timeout: 120_000 },
  () => {
    let ceph: CephRgw;
    let proxy: CuttingProxy;
    let client: S3Client;
    let dir: string;
    let cacheDir: string;

    beforeAll(async () => {
      ceph = await startCephRgw();
      proxy = await startCuttingProxy(ceph.endpoint);
      const { endpoint, accessKeyId, secretAccessKey } = ceph;
      client = new S3Client({
        ...{ endpoint, region: "us-east-1", forcePathStyle: true },
        ...{ credentials: { accessKeyId, secretAccessKey }, requestChecksumCalculation: "WHEN_REQUIRED" },
      });
      await client.send(new CreateBucketCommand({ Bucket: "heads" }));
    }, 180_000);
    afterAll(async () => {
      client.destroy();
      await proxy.close();
      await ceph.stop();
    });

    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), "firstread-s3-"));
      cacheDir = join(dir, "cache");
      vi.stubEnv("AWS_ENDPOINT_URL", proxy.endpoint);
      vi.stubEnv("AWS_ACCESS_KEY_ID", ceph.accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", ceph.secretAccessKey);
      vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      proxy.mend();
      await rm(dir, { recursive: true, force: true });
    });

    /** A folder as training wants it, one file of which is sent in parts. */
    async function classFolders(): Promise<string> {
      const folder = join(dir, "classes");
      for (const label of ["normal", "hemorrhage"]) {
        await mkdir(join(folder, label), { recursive: true });
        for (let i = 0; i < 12; i++) await writeFile(join(folder, label, `p${i}_1.jpg`), `${label} ${i}`);
      }
      await writeFile(join(folder, "normal", "ü b+c%.jpg"), randomBytes(BIG_BYTES));
      return folder;
    }

    const keysBelow = async (Prefix: string): Promise<string[]> => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "heads", Prefix }));
      return Contents.map(({ Key = "" }) => Key);
    };

    async function expectSame(a: string, b: string): Promise<void> {
      const names = await filesBelow(a);
      expect(await filesBelow(b)).toEqual(names);
      for (const name of names) {
        expect((await readFile(join(a, name))).equals(await readFile(join(b, name))), name).toBe(true);
      }
    }

    it("a folder goes there and comes back, large objects and odd names too", async () => {
      const folder = await classFolders();
      await publishFolder(folder, "s3://heads/round/trip/");
      const progress: string[] = [];
      const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
      const back = await toLocalFolder("s3://heads/round/trip", cacheDir, { onProgress });
      await expectSame(folder, back);
      expect(progress.at(-1)).toBe("25/25");
    });

    it("what is here and unchanged is not fetched again; what changed is, and what is gone goes", async () => {
      const folder = await classFolders();
      await publishFolder(folder, "s3://heads/again");
      await toLocalFolder("s3://heads/again", cacheDir);
      const before = proxy.received();
      await toLocalFolder("s3://heads/again", cacheDir);
      expect(proxy.received() - before).toBeLessThan(100_000);

      await writeFile(join(folder, "normal", "p3_1.jpg"), "normal x"); // as long as before
      await rm(join(folder, "hemorrhage", "p4_1.jpg"));
      await publishFolder(folder, "s3://heads/again");
      await expectSame(folder, await toLocalFolder("s3://heads/again", cacheDir));
    });

    it("a fetch that was cut off says so, leaves no half file, and goes on where it stopped", async () => {
      const folder = await classFolders();
      await publishFolder(folder, "s3://heads/cut");
      const start = proxy.received();
      proxy.cutAfter(BIG_BYTES / 2, "received");
      await expect(toLocalFolder("s3://heads/cut", cacheDir)).rejects.toThrow(
        /^s3:\/\/heads\/cut\/.*: expected /,
      );
      const [id = ""] = (await readdir(cacheDir)).filter((name) => /^[0-9a-f]{24}$/.test(name));
      const half = (await filesBelow(join(cacheDir, id))).filter((name) => name.includes("ü b"));
      expect(half).toEqual([expect.stringContaining(".part-")]);
      expect(proxy.received() - start).toBeLessThan(BIG_BYTES);

      proxy.mend();
      await expectSame(folder, await toLocalFolder("s3://heads/cut", cacheDir));
      // Both together came little more than once: the second fetch took up what the first had left.
      expect(proxy.received() - start).toBeLessThan(BIG_BYTES * 1.25);
    });

    it("a half file that is damaged is found out, and the next fetch starts anew", async () => {
      const folder = await classFolders();
      await publishFolder(folder, "s3://heads/damaged");
      proxy.cutAfter(BIG_BYTES / 2, "received");
      await expect(toLocalFolder("s3://heads/damaged", cacheDir)).rejects.toThrow();
      proxy.mend();
      const [id = ""] = (await readdir(cacheDir)).filter((name) => /^[0-9a-f]{24}$/.test(name));
      const [half = ""] = (await filesBelow(join(cacheDir, id))).filter((name) => name.includes(".part-"));
      await appendFile(join(cacheDir, id, half), "damage");
      await expect(toLocalFolder("s3://heads/damaged", cacheDir)).rejects.toThrow(/expected .* got/);
      await expectSame(folder, await toLocalFolder("s3://heads/damaged", cacheDir));
    });

    it("a package's model.json comes last: a publishing that was cut off leaves none, never half of one", async () => {
      const model = join(dir, "model");
      await savePackage(model, tinyPackage());
      await publishFolder(model, "s3://heads/models/tiny");
      const { spec } = await loadPackage(await toLocalFolder("s3://heads/models/tiny", cacheDir));
      expect(spec.name).toBe("tiny");

      await savePackage(model, tinyPackage({ version: "2" }));
      await writeFile(join(model, "report.html"), randomBytes(BIG_BYTES));
      proxy.cutAfter(BIG_BYTES / 2, "sent");
      await expect(publishFolder(model, "s3://heads/models/tiny")).rejects.toThrow(
        /^s3:\/\/heads\/models\/tiny/,
      );
      expect(await keysBelow("models/tiny/")).not.toContain("models/tiny/model.json");
      proxy.mend();
      await publishFolder(model, "s3://heads/models/tiny");
      expect((await loadPackage(await toLocalFolder("s3://heads/models/tiny", cacheDir))).spec.version).toBe(
        "2",
      );
    });

    it("a package as one .tar.gz", async () => {
      const model = join(dir, "model");
      await savePackage(model, tinyPackage());
      await publishFolder(model, "s3://heads/models/model.tar.gz");
      expect(await keysBelow("models/model")).toEqual(["models/model.tar.gz"]);
      const { spec } = await loadPackage(await toLocalFolder("s3://heads/models/model.tar.gz", cacheDir));
      expect(spec.name).toBe("tiny");
    });

    it.each([
      ["a bucket that is none", {}, "s3://nobucket/x", /expected a bucket "nobucket" at http:\S+, got none/],
      ["a prefix that is none", {}, "s3://heads/nothing", /s3:\/\/heads\/nothing: expected objects below it/],
      ["an archive that is none", {}, "s3://heads/a.tar.gz", /s3:\/\/heads\/a\.tar\.gz: expected objects/],
      ["no bucket's name", {}, "s3://", /Expected s3:\/\/BUCKET\/PREFIX, got s3:\/\/\./],
      [
        "a wrong secret",
        { AWS_SECRET_ACCESS_KEY: "wrong" },
        "s3://heads/again",
        /expected credentials that http:\S+ accepts for it, got a refusal \(SignatureDoesNotMatch\)/,
      ],
      [
        "a key that nobody has",
        { AWS_ACCESS_KEY_ID: "nobody" },
        "s3://heads/again",
        /got a refusal \(InvalidAccessKeyId\)/,
      ],
      [
        "a server that is not there",
        { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
        "s3://heads/again",
        /expected an answer from http:\/\/127\.0\.0\.1:9, got none \(ECONNREFUSED\): see AWS_ENDPOINT_URL/,
      ],
    ])("says what is wrong with %s", async (_what, env, location, message) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      await expect(toLocalFolder(location, cacheDir)).rejects.toThrow(message);
      if (location.startsWith("s3://h") && Object.keys(env).length === 0) return;
      const folder = join(dir, "one");
      await mkdir(folder);
      await writeFile(join(folder, "a"), "a");
      await expect(publishFolder(folder, location)).rejects.toThrow(message);
    });

    it("firstread train and evaluate: from s3:// to s3://, and a missing bucket is found before training", async () => {
      vi.stubEnv("XDG_CACHE_HOME", join(dir, "home"));
      const backbone = join(dir, "tiny.onnx");
      await writeTinyFolder(join(dir, "data"), 6, 4);
      await writeFile(backbone, writeOnnx(tinyCnn()));
      await publishFolder(join(dir, "data"), "s3://heads/train/data");
      const printed: string[] = [];
      const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
      const error = vi.spyOn(console, "error").mockImplementation((line: string) => void printed.push(line));
      const input = [
        "--size",
        String(TINY_SIDE),
        "--normalisation",
        "unit",
        "--backbone",
        backbone,
        "--json",
      ];
      const recipe = [
        "--train-only-top-layer",
        "false",
        "--epochs",
        "2",
        "--batch-size",
        "4",
        "--pooling",
        "mean",
      ];
      const train = (output: string) =>
        main(["train", "s3://heads/train/data", "--output", output, ...input, ...recipe]);
      try {
        expect(await train("s3://nobucket/model")).toBe(1);
        expect(printed.splice(0).join()).toMatch(/^firstread: .*expected a bucket "nobucket"/);
        expect(await train("s3://heads/train/model"), printed.join("\n")).toBe(0);
        expect(JSON.parse(printed.splice(0).at(-1) ?? "")).toMatchObject({
          output: "s3://heads/train/model",
        });
        expect(await keysBelow("train/model/")).toContain("train/model/model.json");
        expect(await main(["model", "show", "s3://heads/train/model", "--json"])).toBe(0);
        expect(JSON.parse(printed.splice(0)[0] ?? "")).toMatchObject({ name: "firstread-head" });
        expect(await main(["evaluate", "s3://heads/train/model", "s3://heads/train/data", "--json"])).toBe(0);
        expect(printed.splice(0).join()).toContain('"auc"');
        expect(await main(["model", "copy", "s3://heads/train/model", "s3://heads/train/model.tar.gz"])).toBe(
          0,
        );
        expect(await keysBelow("train/model.tar")).toEqual(["train/model.tar.gz"]);
        expect(
          await main(["model", "list", "s3://heads/train", "--json", "--server", "http://127.0.0.1:9"]),
        ).toBe(0);
        expect(printed.join()).toContain('"path":"s3://heads/train/model"');
      } finally {
        log.mockRestore();
        error.mockRestore();
        process.exitCode = 0;
      }
    });

    it("passes over what systems and tools leave for themselves", async () => {
      for (const Key of ["marks/", "marks/.DS_Store", "marks/.cache/x", "marks/a/b"]) {
        await client.send(new PutObjectCommand({ Bucket: "heads", Key, Body: "x" }));
      }
      expect(await filesBelow(await toLocalFolder("s3://heads/marks", cacheDir))).toEqual(["a/b"]);
    });

    it("refuses keys that would be files elsewhere", async () => {
      await client.send(new PutObjectCommand({ Bucket: "heads", Key: "evil/../../x", Body: "x" }));
      await expect(toLocalFolder("s3://heads/evil", cacheDir)).rejects.toThrow(
        /a key that can be a file's name/,
      );
    });

    it("says that there are no credentials", async () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", "");
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
      vi.stubEnv("HOME", dir);
      await expect(toLocalFolder("s3://heads/again", cacheDir)).rejects.toThrow(
        /expected credentials \(AWS_ACC/,
      );
    });
  },
);
