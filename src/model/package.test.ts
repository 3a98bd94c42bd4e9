import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Classifier, calibrated } from "./classifier.ts";
import { loadPackage, parseLabels, savePackage } from "./package.ts";
import { parseModelSpec } from "./spec.ts";
import { tinyPackage } from "./test-package.ts";

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "firstread-package-")), "model");
});
afterEach(async () => {
  await rm(join(dir, ".."), { recursive: true, force: true });
});

async function change(file: string, edit: (content: Record<string, unknown>) => void): Promise<void> {
  const content = JSON.parse(await readFile(join(dir, file), "utf8")) as Record<string, unknown>;
  edit(content);
  await writeFile(join(dir, file), JSON.stringify(content));
}

describe("a model package", () => {
  it("is read as it was written", async () => {
    const written = await savePackage(dir, tinyPackage());
    const read = await loadPackage(dir);
    expect(read.spec).toEqual(written.spec);
    expect(read.labels).toEqual(["normal", "hemorrhage"]);
    expect(read.spec.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("replaces what was there", async () => {
    await savePackage(dir, { ...tinyPackage(), extra: { "OLD.txt": "old" } });
    await savePackage(dir, tinyPackage());
    await expect(readFile(join(dir, "OLD.txt"))).rejects.toThrow("ENOENT");
  });

  it.each([
    [
      "model.json",
      (c: Record<string, unknown>) => (c["threshold"] = { value: 1.5, chosen: "x" }),
      /threshold\.value: expected a number from 0 to 1, got 1\.5/,
    ],
    [
      "model.json",
      (c: Record<string, unknown>) => delete c["positive"],
      /positive: expected a text, got nothing/,
    ],
    [
      "model.json",
      (c: Record<string, unknown>) => (c["windows"] = [{ centerHu: 40, widthHu: 80 }]),
      /windows: expected a list of 3/,
    ],
    [
      "model.json",
      (c: Record<string, unknown>) => (c["pooling"] = "median"),
      /pooling: expected one of mean, max, mean\+max/,
    ],
    ["model.json", (c: Record<string, unknown>) => (c["format"] = 2), /format: expected one of 1, got 2/],
    [
      "model.json",
      (c: Record<string, unknown>) => (c["positive"] = "bleed"),
      /"bleed" is none of normal, hemorrhage/,
    ],
    [
      "model.json",
      (c: Record<string, unknown>) => (c["calibration"] = { scale: 1, bias: [0] }),
      /calibration\.bias: expected 2/,
    ],
    ["labels.json", (c: Record<string, unknown>) => (c["hemorrhage"] = 7), /numbered 0, 1, 2/],
  ])("says what is wrong in %s", async (file, edit, message) => {
    await savePackage(dir, tinyPackage());
    await change(file, edit);
    await expect(loadPackage(dir)).rejects.toThrow(message);
  });

  it("notices another model.onnx, and missing files", async () => {
    await savePackage(dir, tinyPackage());
    await appendFile(join(dir, "model.onnx"), "x");
    await expect(Classifier.load(dir)).rejects.toThrow(/not the file that model\.json describes/);
    await rm(join(dir, "model.onnx"));
    await expect(loadPackage(dir)).rejects.toThrow(/model\.onnx cannot be read/);
  });
});

describe("parts of it", () => {
  it("labels stand in the order of their numbers", () => {
    expect(parseLabels({ b: 1, a: 0, c: 2 })).toEqual(["a", "b", "c"]);
    expect(() => parseLabels({ only: 0 })).toThrow("labels.json");
  });

  it("a spec that is no object is refused", () => {
    expect(() => parseModelSpec(null)).toThrow("expected an object, got null");
  });

  it("calibration scales and shifts the logits before the softmax", () => {
    // 2 · 1 - 1 = 1 against 0: 1 / (1 + e)
    const [a = NaN, b = NaN] = calibrated([0, 1], { scale: 2, bias: [0, -1] });
    expect(b).toBeCloseTo(Math.E / (1 + Math.E), 12);
    expect(a + b).toBeCloseTo(1, 12);
    expect(calibrated([1000, 0], { scale: 1, bias: [0, 0] })).toEqual([1, 0]);
  });
});
