import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { GraphBuilder } from "../../nn/builder.ts";
import { writeOnnx } from "../../nn/onnx-file.ts";
import { Session } from "../../nn/session.ts";
import { floats } from "../../nn/tensor.ts";
import { readGguf } from "./gguf.ts";
import { importModel, saveExtractor } from "./import-model.ts";
import { readExportedLiteral, readLiteral } from "./js-literal.ts";
import { kerasModel, permuted } from "./keras-layers.ts";
import { readTfjsModel } from "./tfjs-weights.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firstread-import-test-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe("literals of scripts", () => {
  it("are read as data", () => {
    const text = `{a:.5,"b c":[1,-2e3,!0,!1,null],d:{e:'x"y'},f:void 0,}`.replace(",}", "}");
    expect(readLiteral(text)).toEqual({
      a: 0.5,
      "b c": [1, -2000, true, false, null],
      d: { e: 'x"y' },
      f: null,
    });
    expect(readExportedLiteral(`!function(e){e.exports={w:1}}(module)`)).toEqual({ w: 1 });
    expect(readExportedLiteral(`x.exports=t();y.exports="QUJD"`)).toBe("QUJD");
  });

  it.each([`{a:run()}`, `[1,`, `"open`, `{a 1}`, `"a\\nb"`])("refuses %s", (text) => {
    expect(() => readLiteral(text)).toThrow(/expected/);
  });
});

/** A GGUF file by the format's description: one text of metadata, one float and one half tensor. */
function gguf(): Buffer {
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const text = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)]);
  const header = Buffer.concat([
    ...[Buffer.from("GGUF"), u32(3), u64(2), u64(2)],
    ...[text("general.architecture"), u32(8), text("tiny")],
    ...[text("sizes"), u32(9), u32(4), u64(2), u32(7), u32(8)],
    ...[text("a"), u32(2), u64(3), u64(2), u32(0), u64(0)],
    ...[text("b"), u32(1), u64(2), u32(1), u64(32)],
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  const a = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  const b = Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer);
  return Buffer.concat([header, padding, a, Buffer.alloc(8), b]);
}

describe("GGUF files", () => {
  it("give tensors in row-major order", () => {
    const { metadata, tensors } = readGguf(gguf());
    expect([...metadata]).toEqual([
      ["general.architecture", "tiny"],
      ["sizes", [7, 8]],
    ]);
    expect(tensors.get("a")).toEqual({
      type: "float32",
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(tensors.get("b")).toEqual({ type: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) });
  });

  it("are refused where they are cut off, or something else", () => {
    expect(() => readGguf(Buffer.from("GIF89a"))).toThrow("not a GGUF file");
    expect(() => readGguf(gguf().subarray(0, 60))).toThrow(/ends at byte 60, within its header/);
    expect(() => readGguf(gguf().subarray(0, -1))).toThrow('the file ends before tensor "b" does');
  });
});

/** A layers model of one convolution, as TensorFlow.js saves it: 8-bit weights, NHWC. */
async function saveTfjs(folder: string): Promise<void> {
  const input = { name: "in", class_name: "InputLayer", config: { batch_input_shape: [null, 4, 4, 2] } };
  const conv = {
    name: "conv",
    class_name: "Conv2D",
    config: { strides: [1, 1], dilation_rate: [1, 1], padding: "valid", activation: "relu" },
    inbound_nodes: [[["in", 0, 0, {}]]],
  };
  const quantization = { dtype: "uint8", scale: 0.5, min: -1 };
  const weights = [
    { name: "conv/kernel", shape: [1, 1, 2, 3], dtype: "float32", quantization },
    { name: "conv/bias", shape: [3], dtype: "float32" },
  ];
  const model = {
    modelTopology: { model_config: { config: { layers: [{ ...input, inbound_nodes: [] }, conv] } } },
    weightsManifest: [{ paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"], weights }],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.json"), JSON.stringify(model));
  const bytes = Buffer.concat([Buffer.of(2, 4, 6, 8, 10, 12), Buffer.from(Float32Array.of(0, 1, -9).buffer)]);
  await writeFile(join(folder, "group1-shard1of2.bin"), bytes.subarray(0, 8));
  await writeFile(join(folder, "group1-shard2of2.bin"), bytes.subarray(8));
}

describe("TensorFlow.js layers models", () => {
  it("compute what the layers say", async () => {
    await saveTfjs(dir);
    const session = await Session.load(kerasModel(await readTfjsModel(dir), "conv"));
    const image = new Float32Array(2 * 16).fill(1, 0, 16).fill(2, 16);
    const { conv } = await session.run({ input: floats([1, 2, 4, 4], image) });
    expect(conv?.shape).toEqual([1, 3, 4, 4]);
    // kernel [in][out] = 0, 1, 2 / 3, 4, 5: 1 · 0 + 2 · 3 + 0, 1 · 1 + 2 · 4 + 1, 1 · 2 + 2 · 5 - 9
    expect([0, 16, 32].map((at) => conv?.data[at])).toEqual([6, 10, 3]);
    await session.dispose();
  });

  it("say which layer is missing or unknown", async () => {
    await saveTfjs(dir);
    const model = await readTfjsModel(dir);
    expect(() => kerasModel(model, "mixed5")).toThrow(/no layer "mixed5"/);
    const strange = { ...model, layers: model.layers.map((l) => ({ ...l, class_name: "LSTM" })) };
    expect(() => kerasModel(strange, "conv")).toThrow('layer "in" is a LSTM, which is not supported');
  });

  it("have their axes exchanged by hand", () => {
    const weight = { kind: "float", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
    expect(permuted(weight, [1, 0])).toEqual({
      kind: "float",
      shape: [3, 2],
      data: Float32Array.of(1, 4, 2, 5, 3, 6),
    });
  });
});

describe("importModel", () => {
  it("takes an ONNX file, cut at a layer, with the licence beside it", async () => {
    const graph = new GraphBuilder();
    const middle = graph.add("Relu", [graph.input("x", ["N", 3, 64, 64])], {}, "middle");
    graph.output(graph.add("Neg", [middle], {}, "end"));
    await writeFile(join(dir, "net.onnx"), writeOnnx(graph.build()));
    await writeFile(join(dir, "LICENSE"), "Do as you like.");
    const imported = await importModel(join(dir, "net.onnx"), { layer: "middle" });
    expect(imported.model.nodes.map(({ operator }) => operator)).toEqual(["Relu"]);
    expect(imported.note).toMatchObject({ integrity: null, size: 64 });
    await saveExtractor(join(dir, "out", "cut.onnx"), imported);
    expect(await readFile(join(dir, "out", "cut.LICENSE.txt"), "utf8")).toBe("Do as you like.");
  });

  it.each([
    ["nothing.onnx", /no such file/],
    ["npm:left-pad", /NAME@VERSION with an exact version/],
    ["npm:left-pad@^1.0.0", /NAME@VERSION with an exact version/],
    [".", /expected an \.onnx file, a \.gguf file, or a TensorFlow\.js model's folder/],
  ])("says what is wrong with %s", async (source, message) => {
    const path = source.startsWith("npm:") ? source : join(dir, source);
    await expect(importModel(path)).rejects.toThrow(message);
  });
});

const models = process.env["FIRSTREAD_MODELS"] ?? join(import.meta.dirname, "../../../../shared/models");

/** Largest difference between two independent conversions; activations reach 20. */
const TOLERANCE = 2e-4;

describe.skipIf(!existsSync(models))(`conversions of others (skipped without ${models})`, () => {
  it.each([
    ["npm:@qvac/classification-ggml@0.26.3", "qvac_mnv3s.onnx", "features"],
    ["npm:nsfwjs@4.3.0", "incv3_to_mixed5.onnx", "mixed5"],
  ])(
    "%s agrees with %s at %s",
    async (source, file, layer) => {
      const { model, note, licenceText } = await importModel(source);
      expect(note.integrity).toMatch(/^sha512-/);
      expect(licenceText).toMatch(/licen[cs]e/i);
      const { size } = note;
      const image = Float32Array.from(
        { length: 3 * size * size },
        (_, i) => Math.sin(i * 0.37) + Math.cos(i / 71),
      );
      const [actual = [], expected = []] = await Promise.all(
        [model, readFileSync(join(models, file))].map(async (network) => {
          const session = await Session.load(network);
          const result = await session.run({ input: floats([1, 3, size, size], image) }, [layer]);
          await session.dispose();
          return Array.from(result[layer]?.data ?? [], Number);
        }),
      );
      expect(actual.length).toBe(expected.length);
      const largest = actual.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))),
        0,
      );
      expect(largest).toBeLessThan(TOLERANCE);
    },
    120_000,
  );
});
