/**
 * @file What a training run needs to go on bit for bit, and its bytes: the safetensors format
 * (github.com/huggingface/safetensors, "Format"), so that other tools can read a checkpoint too.
 */
import type { OptimizerName } from "./optimizer.ts";

export interface TrainingState {
  readonly optimizer: OptimizerName;
  /** Updates made. */
  readonly steps: number;
  /** By parameter: its values first, then the optimizer's moments by name. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, Float32Array>>>;
}

/** Bytes of the header's length at the beginning of a file. */
const LENGTH_BYTES = 8;

interface TensorEntry {
  readonly dtype: "F32";
  readonly shape: readonly [number];
  readonly data_offsets: readonly [number, number];
}

/** The bytes of a state. The same state gives the same bytes. */
export function encodeTrainingState({ optimizer, steps, parameters }: TrainingState): Uint8Array {
  const arrays = [...parameters].flatMap(([name, values]) =>
    Object.entries(values).map(([kind, data]) => ({ key: `${kind}:${name}`, data })),
  );
  let end = 0;
  const entries = arrays.map(({ key, data }): [string, TensorEntry] => {
    const begin = end;
    end += data.byteLength;
    return [key, { dtype: "F32", shape: [data.length], data_offsets: [begin, end] }];
  });
  const metadata = { optimizer, steps: String(steps) };
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const json = Buffer.from(text);
  // Spaces after the header bring the data to a multiple of 8, as the format's own writer does.
  const header = Buffer.concat([
    json,
    Buffer.alloc((LENGTH_BYTES - (json.length % LENGTH_BYTES)) % LENGTH_BYTES, " "),
  ]);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { data } of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * A state from its bytes.
 * @throws RangeError when they are cut off or not a training state's
 */
export function decodeTrainingState(bytes: Uint8Array): TrainingState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < LENGTH_BYTES ? Infinity : Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (start > bytes.length) {
    throw new RangeError(`training state: ${bytes.length} bytes end within its header; the file is cut off`);
  }
  const header = JSON.parse(Buffer.from(bytes.subarray(LENGTH_BYTES, start)).toString("utf8")) as Readonly<
    Record<string, TensorEntry>
  > & { readonly __metadata__?: Readonly<Record<string, string>> };
  const { __metadata__: metadata, ...entries } = header;
  const optimizer = metadata?.["optimizer"];
  if (optimizer !== "adam" && optimizer !== "sgd") {
    throw new RangeError(`training state: optimizer must be adam or sgd, got ${String(optimizer)}`);
  }
  const parameters = new Map<string, Record<string, Float32Array>>();
  for (const [
    key,
    {
      data_offsets: [begin, end],
    },
  ] of Object.entries(entries)) {
    if (start + end > bytes.length) {
      throw new RangeError(
        `training state: "${key}" ends at byte ${start + end} of ${bytes.length}; the file is cut off`,
      );
    }
    const colon = key.indexOf(":");
    const name = key.slice(colon + 1);
    const data = new Float32Array(bytes.slice(start + begin, start + end).buffer);
    parameters.set(name, { ...parameters.get(name), [key.slice(0, colon)]: data });
  }
  return { optimizer, steps: Number(metadata?.["steps"]), parameters };
}
