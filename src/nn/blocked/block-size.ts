/** @file How many channels ONNX Runtime's blocked kernels take together on this processor. */
import { GraphBuilder } from "../builder.ts";
import { Session } from "../session.ts";
import { blockedOperator } from "./layout.ts";

async function probe(): Promise<number | undefined> {
  const graph = new GraphBuilder();
  const image = graph.input("image", [1, 4, 1, 1]);
  graph.output(graph.add(blockedOperator("ReorderInput"), [image], {}, "blocked"));
  try {
    const session = await Session.load(graph.build(), { threads: 1 });
    const { blocked } = await session.run({
      image: { type: "float32", shape: [1, 4, 1, 1], data: new Float32Array(4) },
    });
    await session.dispose();
    return blocked?.shape[1];
  } catch {
    // Builds of ONNX Runtime without these kernels do not know the operator; their standard ones do the work then.
    return undefined;
  }
}

let found: Promise<number | undefined> | undefined;

/** The block, or undefined where there are no blocked kernels: 4 channels are asked to be brought into whole blocks. */
export function blockSize(): Promise<number | undefined> {
  found ??= probe();
  return found;
}
