/**
 * @file The WebAssembly codecs of @cornerstonejs, made safe: one call, one image, or an error.
 *
 * Left to themselves they return the previous image's pixels for a damaged codestream. So every frame has a
 * decoder of its own, what it decoded is compared with what was asked, the pixels are copied out, and after any
 * failure the whole module (with its memory) is thrown away.
 */
import { createRequire } from "node:module";

import { UndecodableImage } from "../undecodable.ts";
import type { FrameFormat } from "./codec.ts";
import type { CodestreamSize } from "./codestream.ts";

const require = createRequire(import.meta.url);

interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
}

/** What the three packages' decoders have in common. The buffers are views of the module's memory. */
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

type WasmModule = Readonly<Record<string, new () => WasmDecoder>>;
type WasmFactory = (options: {
  print: (line: string) => void;
  printErr: (line: string) => void;
}) => Promise<WasmModule>;

/** Decodes a codestream of a known size to its stored words. */
export type WasmCodec = (
  encoded: Uint8Array,
  size: CodestreamSize,
  format: FrameFormat,
) => Promise<Uint16Array>;

/**
 * A codec from an npm package.
 *
 * @param specifier the package's entry whose `.wasm` lies beside it
 * @param decoderName the class that decodes
 * @param codecName for error messages
 */
export function wasmCodec(specifier: string, decoderName: string, codecName: string): WasmCodec {
  let loading: Promise<WasmModule> | null = null;
  let complaint = "";
  const listen = (line: string): void => {
    if (/\b(ERROR|WARNING|error|warning)\b/.test(line) && complaint === "") complaint = line.trim();
  };
  const load = (): Promise<WasmModule> =>
    (require(specifier) as WasmFactory)({ print: listen, printErr: listen });

  return async (encoded, size, format) => {
    loading ??= load();
    const wasm = await loading;
    const Decoder = wasm[decoderName];
    if (Decoder === undefined) throw new Error(`${specifier} has no ${decoderName}`);
    complaint = "";
    try {
      const decoder = new Decoder();
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      const words = copyOut(decoder, size, format);
      decoder.delete();
      if (complaint !== "") throw new Error(complaint);
      return words;
    } catch (cause) {
      loading = null;
      const detail = complaint === "" ? "" : `: ${complaint}`;
      throw new UndecodableImage(`the ${codecName} codestream is damaged or cut off${detail}`, { cause });
    }
  };
}

function copyOut(decoder: WasmDecoder, size: CodestreamSize, { rows, columns }: FrameFormat): Uint16Array {
  const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo();
  const decoded = decoder.getDecodedBuffer();
  const bytesPerPixel = size.bitsPerSample <= 8 ? 1 : 2;
  const expected = `${rows} × ${columns} × 1, ${size.bitsPerSample} bits, ${rows * columns * bytesPerPixel} bytes`;
  const came = `${height} × ${width} × ${componentCount}, ${bitsPerSample} bits, ${decoded.length} bytes`;
  if (came !== expected) throw new Error(`expected ${expected}; the decoder gave ${came}`);
  const copy = decoded.slice();
  return bytesPerPixel === 1 ? Uint16Array.from(copy) : new Uint16Array(copy.buffer);
}
