/**
 * @file The listener and the sender against DCMTK: what is kept is, byte for byte, what was sent.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

import { AssociationFailed, echo, sendInstances } from "../src/dicom/net/sender.ts";
import { ctDataSet, ctFile, dataSetOf, newUid } from "./support/ct-file.ts";
import type { KeepingListener } from "./support/keeping-listener.ts";
import { startKeepingListener } from "./support/keeping-listener.ts";
import { freePort, hasDcmtk, peerEnv, runPeer } from "./support/peers.ts";

const EXPLICIT = "1.2.840.10008.1.2.1";
const IMPLICIT = "1.2.840.10008.1.2";

const study = () => ({ studyInstanceUid: newUid(), seriesInstanceUid: newUid() });
const slice = (instanceNumber = 1) => ({
  ...study(),
  sopInstanceUid: newUid(),
  instanceNumber,
  rows: 128,
  columns: 128,
  seed: instanceNumber,
});
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

let listener: KeepingListener;
afterEach(async () => listener.close());

const to = (program: string, ...args: string[]) =>
  runPeer(program, [
    "-aec",
    "FIRSTREAD",
    ...args.slice(0, -1),
    "127.0.0.1",
    String(listener.port),
    ...args.slice(-1),
  ]);
const storescu = (...args: string[]) => to("storescu", "-v", ...args);

describe.skipIf(!hasDcmtk)("the listener (DCMTK must be installed)", () => {
  it("answers C-ECHO", async () => {
    listener = await startKeepingListener();
    const { code, output } = await runPeer("echoscu", [
      ...["-v", "-aec", "FIRSTREAD", "127.0.0.1"],
      String(listener.port),
    ]);
    expect([code, output]).toEqual([0, expect.stringContaining("Received Echo Response (Success)")]);
  });

  it.each([
    ["explicit little endian", EXPLICIT, "-xe"],
    ["implicit little endian", IMPLICIT, "-xi"],
    ["whatever is proposed", EXPLICIT, "-x="],
  ])("keeps the bytes of %s", async (_name, transferSyntaxUid, option) => {
    listener = await startKeepingListener();
    const instance = { ...slice(), transferSyntaxUid };
    const path = join(listener.folder, "slice.dcm");
    await writeFile(path, ctFile(instance));
    expect(await storescu(option, path)).toMatchObject({ code: 0 });
    const [kept] = listener.kept;
    const sent = ctDataSet(instance);
    expect(kept).toMatchObject({
      transferSyntaxUid,
      sopInstanceUid: instance.sopInstanceUid,
      priority: "medium",
    });
    expect(kept?.source).toEqual({ kind: "dimse", aeTitle: "STORESCU", address: "127.0.0.1" });
    expect(kept && dataSetOf(kept.bytes).equals(sent)).toBe(true);
    expect(kept?.seen).toMatchObject({ digest: sha256(sent), byteLength: kept?.bytes.length });
  });

  it.each([
    ["JPEG lossless", "dcmcjpeg", [], "-xs", "1.2.840.10008.1.2.4.70"],
    ["RLE", "dcmcrle", [], "-xr", "1.2.840.10008.1.2.5"],
    ["JPEG-LS", "dcmcjpls", [], "-xt", "1.2.840.10008.1.2.4.80"],
    ["explicit big endian", "dcmconv", ["+tb"], "-xb", "1.2.840.10008.1.2.2"],
  ])("keeps the bytes of %s", async (_name, compressor, options, proposal, transferSyntaxUid) => {
    listener = await startKeepingListener();
    const original = join(listener.folder, "slice.dcm");
    const compressed = join(listener.folder, "compressed.dcm");
    await writeFile(original, ctFile(slice()));
    expect(await runPeer(compressor, [...options, original, compressed])).toMatchObject({ code: 0 });
    expect(await storescu(proposal, compressed)).toMatchObject({ code: 0 });
    const [kept] = listener.kept;
    expect(kept?.transferSyntaxUid).toBe(transferSyntaxUid);
    expect(kept && dataSetOf(kept.bytes).equals(dataSetOf(await readFile(compressed)))).toBe(true);
  });

  it("keeps a file that DCMTK reads, and a deflated one", async () => {
    listener = await startKeepingListener();
    const path = join(listener.folder, "slice.dcm");
    await writeFile(path, ctFile(slice()));
    await storescu(path);
    await storescu("-xd", path);
    for (const [index, syntax] of ["LittleEndianExplicit", "DeflatedLittleEndianExplicit"].entries()) {
      const file = join(listener.folder, `kept${index}.dcm`);
      await writeFile(file, listener.kept[index]?.bytes ?? "");
      const { code, output } = await runPeer("dcmdump", [file]);
      expect([code, output]).toEqual([0, expect.stringContaining(`=${syntax}`)]);
      expect(output).toContain("[kept as it came]"); // the private element
      expect(output).toContain("(0002,0016) AE [STORESCU]");
    }
  });

  it("takes many associations at once, from storescu and dcmsend", async () => {
    listener = await startKeepingListener();
    const sent = new Map<string, Buffer>();
    const folders = await Promise.all(
      Array.from({ length: 8 }, async (_, sender) => {
        const folder = join(listener.folder, `sender${sender}`);
        await mkdir(folder);
        for (let number = 1; number <= 5; number += 1) {
          const instance = { ...slice(number), seed: sender * 100 + number };
          sent.set(instance.sopInstanceUid, ctDataSet(instance));
          await writeFile(join(folder, `${number}.dcm`), ctFile(instance));
        }
        return folder;
      }),
    );
    const results = await Promise.all(
      folders.map((folder, sender) =>
        sender % 2 === 0 ? storescu("+sd", folder) : to("dcmsend", "+sd", folder),
      ),
    );
    expect(results.map(({ code }) => code)).toEqual(Array(8).fill(0));
    expect(listener.kept).toHaveLength(40);
    for (const kept of listener.kept) {
      expect(dataSetOf(kept.bytes).equals(sent.get(kept.sopInstanceUid) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it.each([
    ["conflict", { outcome: "conflict", reason: "other bytes" }, "0x0111"],
    ["unreadable", { outcome: "refused", fault: "unreadable", reason: "damaged" }, "0xc000"],
    ["mismatch", { outcome: "refused", fault: "mismatch", reason: "another class" }, "0xa900"],
    ["no room", { outcome: "refused", fault: "out-of-resources", reason: "full" }, "0xa700"],
    ["internal", { outcome: "refused", fault: "internal", reason: "?" }, "0x0110"],
  ] as const)("tells the sender of %s", async (_name, acceptance, status) => {
    listener = await startKeepingListener({}, async () => acceptance);
    const path = join(listener.folder, "slice.dcm");
    await writeFile(path, ctFile(slice()));
    const { output } = await to("storescu", "-d", path);
    expect(output.toLowerCase()).toMatch(new RegExp(`dimse status +: ${status}`));
  });

  it("tells the sender of a full disk, and goes on", async () => {
    let full = true;
    listener = await startKeepingListener({}, async () => {
      if (!full) return { outcome: "stored" };
      full = false;
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    });
    const folder = join(listener.folder, "two");
    await mkdir(folder);
    for (const number of [1, 2]) await writeFile(join(folder, `${number}.dcm`), ctFile(slice(number)));
    const { output } = await to("storescu", "-nh", "-d", "+sd", folder);
    expect(output.match(/DIMSE Status +: 0x\w+/gi)?.map((line) => line.slice(-6))).toEqual([
      "0xa700",
      "0x0000",
    ]);
  });

  it("rejects another called AE title, and callers it was not told of", async () => {
    listener = await startKeepingListener({ allowedPeers: [{ aeTitle: "SCANNER", address: "127.0.0.0/8" }] });
    const echoes = (calling: string, called: string) =>
      runPeer("echoscu", [...["-v", "-aet", calling, "-aec", called, "127.0.0.1"], String(listener.port)]);
    expect((await echoes("SCANNER", "FIRSTREAD")).code).toBe(0);
    expect((await echoes("SCANNER", "OTHER")).output).toContain("Called AE Title Not Recognized");
    expect((await echoes("STRANGER", "FIRSTREAD")).output).toContain("Calling AE Title Not Recognized");
    const elsewhere = await startKeepingListener({
      allowedPeers: [{ aeTitle: "SCANNER", address: "10.0.0.1" }],
    });
    try {
      const options = {
        host: "127.0.0.1",
        port: elsewhere.port,
        callingAeTitle: "SCANNER",
        calledAeTitle: "FIRSTREAD",
      };
      await expect(echo(options)).rejects.toThrow(/calling AE title not recognised/);
    } finally {
      await elsewhere.close();
    }
  });
});

describe("sender and listener", () => {
  const remote = (port: number) => ({
    host: "127.0.0.1",
    port,
    callingAeTitle: "TESTS",
    calledAeTitle: "FIRSTREAD",
  });

  it("carry bytes, files and several transfer syntaxes over one association", async () => {
    listener = await startKeepingListener();
    const instances = [slice(1), { ...slice(2), transferSyntaxUid: IMPLICIT }, slice(3)];
    const path = join(listener.folder, "third.dcm");
    await writeFile(path, ctFile(instances[2] ?? slice()));
    const progress: number[] = [];
    const report = await sendInstances({
      ...remote(listener.port),
      instances: [...instances.slice(0, 2).map(ctFile), { path }],
      priority: "high",
      onProgress: ({ sent }) => progress.push(sent),
    });
    expect(report).toEqual({ sent: 3, failed: [] });
    expect(progress).toEqual([1, 2, 3]);
    expect(listener.kept.map(({ bytes }) => sha256(dataSetOf(bytes)))).toEqual(
      instances.map((instance) => sha256(ctDataSet(instance))),
    );
    expect(listener.kept.map(({ priority }) => priority)).toEqual(["high", "high", "high"]);
  });

  it("report what failed and send the rest", async () => {
    listener = await startKeepingListener({}, async ({ sopInstanceUid }) =>
      sopInstanceUid === bad.sopInstanceUid
        ? { outcome: "refused", fault: "mismatch", reason: "not this one" }
        : { outcome: "stored" },
    );
    const bad = slice(1);
    const missing = join(listener.folder, "missing.dcm");
    const report = await sendInstances({
      ...remote(listener.port),
      instances: [ctFile(bad), Buffer.from("not DICOM"), { path: missing }, ctFile(slice(2))],
    });
    expect(report).toMatchObject({
      sent: 1,
      failed: [
        { instance: bad.sopInstanceUid, status: 0xa900, reason: "not this one" },
        { instance: "(bytes)" },
        { instance: missing },
      ],
    });
  });

  it("say why there is no association", async () => {
    listener = await startKeepingListener();
    await expect(echo({ ...remote(listener.port), calledAeTitle: "X" })).rejects.toThrow(AssociationFailed);
    await expect(echo({ ...remote(await freePort()) })).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe.skipIf(!hasDcmtk)("the sender (DCMTK must be installed)", () => {
  it("sends to storescp what is in the file", async () => {
    listener = await startKeepingListener();
    const port = await freePort();
    const folder = join(listener.folder, "received");
    await mkdir(folder);
    const scp = spawn("storescp", ["-B", "+B", "-od", folder, String(port)], {
      env: peerEnv,
      stdio: "ignore",
    });
    try {
      const options = { host: "127.0.0.1", port, callingAeTitle: "TESTS", calledAeTitle: "ANY-SCP" };
      for (let tries = 0; ; tries += 1) {
        const answered = await echo(options).then(
          () => true,
          () => false,
        );
        if (answered) break;
        if (tries > 100) throw new Error("storescp did not start");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const instances = [slice(1), slice(2)];
      expect(await sendInstances({ ...options, instances: instances.map(ctFile) })).toEqual({
        sent: 2,
        failed: [],
      });
      const files = await readdir(folder);
      const received = await Promise.all(files.map((file) => readFile(join(folder, file))));
      expect(received.map((bytes) => sha256(dataSetOf(bytes))).toSorted()).toEqual(
        instances.map((instance) => sha256(ctDataSet(instance))).toSorted(),
      );
    } finally {
      scp.kill("SIGTERM");
    }
  });
});
