import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

import tar from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ArchiveError, filesBelow, packFolder, safePath, unpackTarGz } from "./tar-gz.ts";

interface EntryHeader {
  readonly name: string;
  readonly type?: "symlink" | "link" | "character-device";
  readonly linkname?: string;
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-tar-"));
});
afterEach(async () => rm(dir, { recursive: true, force: true }));

async function someFolder(): Promise<string> {
  const folder = join(dir, "model");
  await mkdir(join(folder, "sub"), { recursive: true });
  await writeFile(join(folder, "model.json"), "{}");
  await writeFile(join(folder, "sub", "big.bin"), Buffer.alloc(300_000, 7));
  await writeFile(join(folder, ".hidden"), "no");
  return folder;
}

async function archiveOf(...entries: readonly (readonly [EntryHeader, string])[]): Promise<string> {
  const pack = tar.pack();
  for (const [header, content] of entries) pack.entry(header, content);
  pack.finalize();
  const file = join(dir, "x.tar.gz");
  await writeFile(file, gzipSync(await buffer(pack)));
  return file;
}

describe("packFolder", () => {
  it("writes what GNU tar reads, the same bytes each time, without hidden files", async () => {
    const folder = await someFolder();
    await packFolder(folder, join(dir, "a.tar.gz"));
    await packFolder(folder, join(dir, "b.tar.gz"));
    expect(await readFile(join(dir, "a.tar.gz"))).toEqual(await readFile(join(dir, "b.tar.gz")));
    const listed = execFileSync("tar", ["tzf", join(dir, "a.tar.gz")], { encoding: "utf8" });
    expect(listed.trim().split("\n")).toEqual(["model.json", "sub/big.bin"]);
  });

  it("says why, and leaves nothing, when it can be written nowhere or a file cannot be read", async () => {
    const folder = await someFolder();
    await expect(packFolder(folder, join(dir, "none", "a.tar.gz"))).rejects.toThrow("ENOENT");
    await truncate(join(folder, "sub", "big.bin"), 3 * 1024 ** 3); // a hole, and more than is read at once
    await expect(packFolder(folder, join(dir, "a.tar.gz"))).rejects.toThrow("2 GiB");
    expect(await readdir(dir)).toEqual(["model"]);
  });
});

describe("unpackTarGz", () => {
  it("reads what GNU tar writes", async () => {
    const folder = await someFolder();
    await rm(join(folder, ".hidden"));
    execFileSync("tar", ["czf", join(dir, "gnu.tar.gz"), "-C", folder, "."]);
    await unpackTarGz(join(dir, "gnu.tar.gz"), join(dir, "out"));
    expect(await filesBelow(join(dir, "out"))).toEqual(["model.json", "sub/big.bin"]);
    expect(await readFile(join(dir, "out", "sub", "big.bin"))).toEqual(Buffer.alloc(300_000, 7));
  });

  it.each<[string, EntryHeader, RegExp]>([
    ["a path that leads out", { name: "../evil" }, /paths below the archive's root, got "\.\.\/evil"/],
    ["an absolute path", { name: "/etc/evil" }, /paths below the archive's root/],
    ["a way out in the middle", { name: "a/../../evil" }, /paths below the archive's root/],
    [
      "a link",
      { name: "evil", type: "symlink", linkname: "/etc/passwd" },
      /plain files, got a symlink, evil/,
    ],
    ["a hard link", { name: "evil", type: "link", linkname: "x" }, /plain files, got a link, evil/],
    ["a device", { name: "evil", type: "character-device" }, /plain files, got a character-device/],
  ])("refuses %s, and leaves nothing", async (_what, header, message) => {
    const isFile = header.type === undefined;
    const file = await archiveOf([{ name: "model.json" }, "{}"], [header, isFile ? "evil" : ""]);
    await expect(unpackTarGz(file, join(dir, "out"))).rejects.toThrow(message);
    await expect(filesBelow(join(dir, "out"))).rejects.toThrow("ENOENT");
  });

  it("refuses the same file twice, so that a second cannot go through a first", async () => {
    const file = await archiveOf([{ name: "a" }, "1"], [{ name: "./a" }, "2"]);
    await expect(unpackTarGz(file, join(dir, "out"))).rejects.toThrow(ArchiveError);
  });

  it("says that an archive is damaged, cut off, empty, or not there", async () => {
    const folder = await someFolder();
    const file = join(dir, "cut.tar.gz");
    await packFolder(folder, file);
    const whole = await readFile(file);
    for (const bytes of [
      whole.subarray(0, whole.length - 40),
      Buffer.from("no gzip"),
      gzipSync("no tar at all"),
    ]) {
      await writeFile(file, bytes);
      await expect(unpackTarGz(file, join(dir, "out"))).rejects.toThrow(
        /cut\.tar\.gz: expected a \.tar\.gz archive/,
      );
    }
    await expect(unpackTarGz(await archiveOf(), join(dir, "out"))).rejects.toThrow(/got an empty one/);
    await expect(unpackTarGz(join(dir, "none.tar.gz"), join(dir, "out"))).rejects.toThrow(/got ENOENT/);
  });

  it("does not write through a link that stands where it writes", async () => {
    await symlink("/etc", join(dir, "out"));
    await unpackTarGz(await archiveOf([{ name: "a" }, "1"]), join(dir, "out"));
    expect(await readFile(join(dir, "out", "a"), "utf8")).toBe("1");
  });
});

describe("safePath", () => {
  it("keeps what is below, and nothing else", () => {
    expect(safePath("./a//b/./c")).toBe("a/b/c");
    expect(["..", "a/..", "/a", "C:\\a", "c:a", "a\0b"].map(safePath)).toEqual(Array(6).fill(null));
  });
});
