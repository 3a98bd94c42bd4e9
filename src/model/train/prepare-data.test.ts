import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { readLabelledFolder, withValidation } from "./labelled-folder.ts";
import { pictureAt } from "./picture-set.ts";
import { tinyData, writeTinyFolder, writeTinyPicture } from "./test-training.ts";

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "firstread-data-")), "data");
  await writeTinyFolder(dir, 3, 2);
});
afterEach(async () => {
  await rm(join(dir, ".."), { recursive: true, force: true });
});

const names = (images: readonly { file: string }[], places: readonly number[]): string[] =>
  places.map((i) => basename(images[i]?.file ?? ""));

describe("class folders", () => {
  it("are parted by patient, every picture decoded once", async () => {
    const { labels, images, train, validation, pictures, skipped } = await tinyData(dir, {
      validationSplit: 0.3,
    });
    expect(labels).toEqual(["normal", "hemorrhage"]);
    expect([train.length, validation.length]).toEqual([8, 4]);
    const held = new Set(validation.map((i) => images[i]?.group));
    expect(train.some((i) => held.has(images[i]?.group))).toBe(false);
    expect(new Set(pictures.digests).size).toBe(12);
    expect(skipped).toEqual([]);
  });

  it("may be larger than the memory: the pictures are the same from a file", async () => {
    const inMemory = await tinyData(dir);
    const onDisk = await tinyData(dir, { memoryBytes: 1000 });
    expect([inMemory.pictures.bytes.kind, onDisk.pictures.bytes.kind]).toEqual(["memory", "file"]);
    expect(onDisk.pictures.digests).toEqual(inMemory.pictures.digests);
    for (const i of [0, 7, 11]) {
      expect(await pictureAt(onDisk.pictures, i)).toEqual(await pictureAt(inMemory.pictures, i));
    }
  });

  it("list a picture that cannot be read, and go on without it", async () => {
    await writeFile(join(dir, "normal", "p00_0.png"), "no picture");
    const { train, skipped, images } = await tinyData(dir);
    expect(train).toHaveLength(11);
    expect(names(images, train)).not.toContain("p00_0.png");
    expect(skipped).toHaveLength(1);
    expect(skipped[0]?.reason).toMatch(/p00_0\.png: not a readable JPG or PNG picture/);
  });

  it("are refused where a class has no picture, or none that can be read", async () => {
    await mkdir(join(dir, "tumour"));
    await expect(readLabelledFolder(dir)).rejects.toThrow('the class "tumour" has no .jpg or .png pictures');
    await writeFile(join(dir, "tumour", "a_1.png"), "no picture");
    await expect(tinyData(dir)).rejects.toThrow('class "tumour" has no readable picture to train on');
  });

  it("are refused where there is one class only", async () => {
    await rm(join(dir, "normal"), { recursive: true });
    await expect(readLabelledFolder(dir)).rejects.toThrow('found only "hemorrhage"');
  });

  it("are refused where they share a picture, whatever its name, unless that is allowed", async () => {
    await copyFile(join(dir, "normal", "p00_0.png"), join(dir, "hemorrhage", "other_9.png"));
    await expect(tinyData(dir)).rejects.toThrow(
      /pictures that are in two classes: 1 \(p00_0\.png \(normal\) = other_9\.png \(hemorrhage\)\)/,
    );
    expect((await tinyData(dir, { allowDuplicates: true })).train).toHaveLength(13);
  });

  it("leave a picture out of the validation that training has too", async () => {
    // All patients share one picture.
    for (const patient of ["p00", "p01", "p02"]) {
      await copyFile(join(dir, "normal", "p00_0.png"), join(dir, "normal", `${patient}_9.png`));
    }
    const { images, validation, notes } = await tinyData(dir, { validationSplit: 0.3 });
    expect(names(images, validation).some((name) => name.endsWith("_9.png"))).toBe(false);
    expect(notes[0]).toMatch(/^[12] validation pictures left out: training has the same$/);
  });
});

describe("a folder with labels.csv", () => {
  const table = async (text: string): Promise<void> => {
    await rm(dir, { recursive: true });
    await mkdir(join(dir, "images"), { recursive: true });
    for (const [i, square] of [100, 100, 190, 190, 190].entries()) {
      await writeTinyPicture(join(dir, "images", `${i}.png`), { square, seed: i + 1 });
    }
    await writeFile(join(dir, "labels.csv"), text);
  };
  const rows = ["images/0.png,no,A,train", "images/1.png,no,B,val", "images/2.png,yes,A,train"];
  const more = ["images/3.png,yes,C,val", "images/4.png,yes,C,test", "images/5.png,,C,train"];

  it("gives class, patient and split; what is for tests or has no label is left out", async () => {
    await table(["File,Label,Patient,Split", ...rows, ...more].join("\r\n"));
    const { labels, images, train, validation } = await tinyData(dir);
    expect(labels).toEqual(["no", "yes"]);
    expect(images.map(({ group }) => group)).toEqual(["A", "B", "A", "C"]);
    expect(names(images, train)).toEqual(["0.png", "2.png"]);
    expect(names(images, validation)).toEqual(["1.png", "3.png"]);
  });

  it("takes the patient from the column or the pattern that is asked for", async () => {
    await table(["file,label,site", "images/0.png,no,X", "images/2.png,yes,Y"].join("\n"));
    expect((await readLabelledFolder(dir, "site")).images.map(({ group }) => group)).toEqual(["X", "Y"]);
    expect((await readLabelledFolder(dir, "\\d")).images.map(({ group }) => group)).toEqual(["0", "2"]);
  });

  it.each([
    ["name,label\na,b", 'labels.csv: expected the columns file and label, line 1 has "name,label"'],
    ["file,label\na", "labels.csv, line 2: expected 2 values, got 1"],
    ["file,label\na.png,x", "labels.csv: expected two or more classes, found 1"],
  ])("is refused where it is %j", async (text, message) => {
    await table(text);
    await expect(readLabelledFolder(dir)).rejects.toThrow(message);
  });

  it("is refused where training and validation share a picture", async () => {
    await table(
      ["file,label,split", "images/0.png,no,train", "images/1.png,no,val", "images/2.png,yes,train"].join(
        "\n",
      ),
    );
    await copyFile(join(dir, "images", "0.png"), join(dir, "images", "1.png"));
    await expect(tinyData(dir)).rejects.toThrow(
      /in training and validation: 1 \(0\.png \(train\) = 1\.png \(validation\)/,
    );
  });
});

describe("a validation folder", () => {
  it("must have classes of the training data", async () => {
    const data = await readLabelledFolder(dir);
    const both = withValidation(data, data, dir);
    expect(both.parts.filter((part) => part === "validation")).toHaveLength(12);
    const foreign = { ...data, labels: ["normal", "stroke"] };
    expect(() => withValidation(data, foreign, "other")).toThrow('other: class "stroke" is none');
  });
});
