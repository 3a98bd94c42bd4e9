import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { testNetwork } from "../../explain/test-network.ts";
import { writeOnnx } from "../../nn/onnx-file.ts";
import { main } from "../main.ts";

let dir = "";

/** What the command line prints and its exit code. */
async function firstread(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const lines = { out: [] as string[], err: [] as string[] };
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.out.push(line));
  const error = vi.spyOn(console, "error").mockImplementation((line: string) => void lines.err.push(line));
  process.exitCode = 0;
  const code = await main(argv);
  process.exitCode = 0;
  log.mockRestore();
  error.mockRestore();
  return { code, out: lines.out.join("\n"), err: lines.err.join("\n") };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "explain-"));
  await writeFile(join(dir, "tiny.onnx"), writeOnnx(testNetwork()));
  await writeFile(join(dir, "labels.txt"), "cat\ndog\n");
  // Red where the spot is: 40 × 24 pixels, in the upper right quarter.
  const rgb = Buffer.alloc(40 * 24 * 3);
  for (let y = 3; y < 9; y++) for (let x = 30; x < 40; x++) rgb[3 * (40 * y + x)] = 255;
  await sharp(rgb, { raw: { width: 40, height: 24, channels: 3 } })
    .png()
    .toFile(join(dir, "spot.png"));
  await writeFile(join(dir, "broken.png"), "not a picture");
});
afterAll(() => rm(dir, { recursive: true }));

const model = (): string[] => [
  "--model",
  join(dir, "tiny.onnx"),
  "--labels",
  join(dir, "labels.txt"),
  "--normalisation",
  "unit",
];

describe("firstread explain", () => {
  it("explains by the model that ships, which is several networks in one graph", async () => {
    const side = 256;
    const rgb = Buffer.alloc(side * side * 3);
    // Brain, and blood in it, as the three windows show them.
    for (let y = 40; y < 216; y++)
      for (let x = 60; x < 196; x++) {
        const isBlood = Math.hypot(x - 150, y - 100) < 16;
        rgb.set(isBlood ? [207, 121, 42] : [105, 67, 39], 3 * (side * y + x));
      }
    const file = join(dir, "bleed.png");
    await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toFile(file);
    const { code, out } = await firstread("explain", file, "--out", join(dir, "default"), "--json");
    expect(code).toBe(0);
    const saliency = JSON.parse(out) as { rows: number; columns: number; values: number[]; peak: number };
    expect(saliency.peak).toBeGreaterThan(0);
    const place = saliency.values.indexOf(Math.max(...saliency.values));
    const [y, x] = [Math.floor(place / saliency.columns) + 0.5, (place % saliency.columns) + 0.5];
    expect(Math.abs((256 * y) / saliency.rows - 100)).toBeLessThan(32);
    expect(Math.abs((256 * x) / saliency.columns - 150)).toBeLessThan(32);
  });

  it("lays the map on the picture pixel by pixel, whatever its size and shape", async () => {
    const out = join(dir, "out");
    const result = await firstread(
      "explain",
      join(dir, "spot.png"),
      join(dir, "broken.png"),
      ...model(),
      "--target",
      "cat",
      "--out",
      out,
      "--json",
    );
    expect(result.code).toBe(3);
    expect(result.err).toContain("broken.png");
    const line = JSON.parse(result.out) as { predicted_label: string; peak: number; rows: number };
    expect(line.predicted_label).toBe("cat");
    expect([line.peak > 0, line.rows]).toEqual([true, 4]);
    const { data, info } = await sharp(join(out, "spot.png")).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([40, 24]);
    const green = (x: number, y: number): number => data[3 * (40 * y + x) + 1] ?? 0;
    // The heat's colours hold green, the red spot none: the peak is coloured, the far corner is not.
    expect(green(36, 6)).toBeGreaterThan(100);
    expect(green(2, 22)).toBe(0);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("grad-cam at maps");
  });

  it("lists layers and methods, and what there is instead of a wrong name", async () => {
    expect((await firstread("explain", "--list-layers", ...model())).out).toContain("maps  Conv  2 × 4 × 4");
    expect((await firstread("explain", "--list-methods")).out.split("\n")).toHaveLength(13);
    const wrong = await firstread(
      "explain",
      join(dir, "spot.png"),
      ...model(),
      "--layer",
      "x",
      "--out",
      join(dir, "no"),
    );
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("maps")]);
    const nobody = await firstread(
      "explain",
      join(dir, "spot.png"),
      ...model(),
      "--target",
      "cow",
      "--out",
      join(dir, "no"),
    );
    expect(nobody.err).toContain("cat, dog");
  });
});
