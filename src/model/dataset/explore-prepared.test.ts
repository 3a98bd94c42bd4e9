import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { drawPictures, preparedPage } from "./explore-prepared-page.ts";
import { explorePrepared } from "./explore-prepared.ts";
import type { ExplorePreparedOptions, PreparedExploration, ShownPicture } from "./explore-prepared.ts";
import { FolderSource } from "./folder-ends.ts";
import { isManifest, knownPictures } from "./known-pictures.ts";
import { mayBePicture, patientOf, placeOf } from "./prepared-files.ts";

vi.setConfig({ testTimeout: 60_000 });

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "firstread-explore-prepared-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A picture of 8 × 8 pixels, each grey level another picture. */
async function write(set: string, name: string, grey: number, format: "png" | "jpeg" = "png"): Promise<void> {
  const path = join(dir, set, name);
  mkdirSync(dirname(path), { recursive: true });
  const pixels = Buffer.alloc(8 * 8 * 3, grey);
  writeFileSync(
    path,
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .toFormat(format)
      .toBuffer(),
  );
}

async function explore(
  set: string,
  own: Partial<ExplorePreparedOptions> = {},
): Promise<{ exploration: PreparedExploration; shown: readonly ShownPicture[]; source: FolderSource }> {
  const source = new FolderSource(join(dir, set), (name) => mayBePicture(name) || isManifest(name));
  const files = await source.list();
  const pictures = files.filter(({ name }) => mayBePicture(name));
  const manifest = await knownPictures(source, files);
  const options = { manifest, groupBy: null, shown: 2, threads: 1, ...own };
  return { ...(await explorePrepared(source, pictures, options)), source };
}

describe("a set with splits", () => {
  let found: Awaited<ReturnType<typeof explore>>;
  beforeAll(async () => {
    // Patients a, b and c; b is in two splits. d shows what a shows, in another split and class.
    await write("splits", "train/normal/a_1.png", 10);
    await write("splits", "train/normal/a_2.png", 20);
    await write("splits", "train/hemorrhage/b_1.png", 30);
    await write("splits", "validation/hemorrhage/b_2.png", 40);
    await write("splits", "test/normal/c_1.png", 50);
    await write("splits", "test/hemorrhage/d_1.png", 10);
    await write("splits", "test/hemorrhage/d_2.png", 60, "jpeg");
    const whole = join(dir, "splits", "test/hemorrhage/d_2.png");
    const bytes = readFileSync(whole);
    rmSync(whole);
    writeFileSync(whole.replace(".png", ".jpg"), bytes.subarray(0, bytes.length >> 1));
    found = await explore("splits", { groupBy: /^([a-z]+)_/ });
  });

  it("counts classes, splits and patients, training first", () => {
    const { counts, images, patients, studies, manifest } = found.exploration;
    expect([images, patients, studies, manifest]).toEqual([6, 4, null, null]);
    expect(counts).toEqual([
      { split: "train", label: "normal", images: 2, patients: 1 },
      { split: "train", label: "hemorrhage", images: 1, patients: 1 },
      { split: "validation", label: "hemorrhage", images: 1, patients: 1 },
      { split: "test", label: "normal", images: 1, patients: 1 },
      { split: "test", label: "hemorrhage", images: 1, patients: 1 },
    ]);
  });

  it("finds patients and pictures that leak between splits", () => {
    const { leaks } = found.exploration;
    expect(leaks.tornPatients).toBe(1);
    expect(leaks.torn).toEqual([
      {
        patient: "b",
        splits: ["train", "validation"],
        files: ["train/hemorrhage/b_1.png", "validation/hemorrhage/b_2.png"],
      },
    ]);
    expect([leaks.twins, leaks.twinsAcrossSplits, leaks.twinsAcrossClasses]).toEqual([1, 1, 1]);
    expect(new Set([leaks.pairs[0]?.first, leaks.pairs[0]?.second])).toEqual(
      new Set(["train/normal/a_1.png", "test/hemorrhage/d_1.png"]),
    );
  });

  it("lists a picture that is cut off", () => {
    expect(found.exploration.broken.map(({ file }) => file)).toEqual(["test/hemorrhage/d_2.jpg"]);
  });

  it("draws a page that stands alone", async () => {
    const { exploration, shown, source } = found;
    const page = preparedPage(exploration, await drawPictures(source, shown));
    for (const word of [
      "Pictures by split",
      "Samples: hemorrhage",
      "Patients in several splits",
      "Broken pictures",
    ])
      expect(page).toContain(word);
    expect(page).toContain("another split, another class");
    expect(page).not.toMatch(/src="(?!data:)/);
  });
});

describe("a set with a manifest", () => {
  it("takes patients from it, and says where the two differ", async () => {
    await write("manifest", "train/normal/x.png", 1);
    await write("manifest", "test/normal/y.png", 2);
    await write("manifest", "test/normal/z.png", 3);
    const lines = ["train/normal/x.png", "test/normal/y.png", "test/normal/gone.png"].map((file) =>
      JSON.stringify({ file, patient: "p", studyInstanceUid: "1.2", sha256: "0", findings: { any: 1 } }),
    );
    writeFileSync(join(dir, "manifest", "manifest.jsonl"), `${lines.join("\n")}\n`);
    const { exploration } = await explore("manifest");
    expect(exploration.manifest).toMatchObject({
      ...{ entries: 3, missing: ["test/normal/gone.png"], unlisted: ["test/normal/z.png"] },
      counts: { missing: 1, unlisted: 1, altered: 2 },
    });
    expect([exploration.patients, exploration.studies, exploration.leaks.tornPatients]).toEqual([1, 1, 1]);
    expect(exploration.findings).toEqual([["any", 2]]);
  });

  it("names the line that is no entry", async () => {
    appendFileSync(join(dir, "manifest", "manifest.jsonl"), "{half\n");
    await expect(explore("manifest")).rejects.toThrow(
      'manifest.jsonl, line 4: expected a JSON object, got "{half"',
    );
  });
});

it("tells split, class and patient from a picture's path", () => {
  expect(placeOf("val/normal/a.png")).toEqual({ split: "val", label: "normal" });
  expect(placeOf("hemorrhage/deep/a.png")).toEqual({ split: "", label: "hemorrhage" });
  expect(placeOf("a.png")).toEqual({ split: "", label: "no class" });
  expect(patientOf("train/normal/P12_003.jpg", /^(P\d+)_/)).toBe("P12");
  expect(patientOf("train/normal/other.jpg", /^(P\d+)_/)).toBeNull();
});
