/**
 * @file Computing once what depends on constants only, so that weights stored in 8 bits or half precision become
 * float32 constants: the values that training changes.
 */
import type { Model } from "./model.ts";
import { Session } from "./session.ts";
import { extract } from "./subgraph.ts";
import type { Tensor } from "./tensor.ts";

/** The same model with every node that depends on constants only replaced by its value. */
export async function computeConstants(model: Model): Promise<Model> {
  const constant = new Set(model.initializers.keys());
  const folded = new Set<(typeof model.nodes)[number]>();
  for (const node of model.nodes) {
    const inputs = node.inputs.filter((name) => name !== "");
    // A node without inputs (Constant) is one too; what draws random numbers has inputs of its own kind.
    const fixed = inputs.every((name) => constant.has(name)) && !node.operator.startsWith("Random");
    if (!fixed) continue;
    folded.add(node);
    for (const output of node.outputs) constant.add(output);
  }
  if (folded.size === 0) return model;
  const rest = model.nodes.filter((node) => !folded.has(node));
  const used = new Set([...rest.flatMap(({ inputs }) => inputs), ...model.outputs.map(({ name }) => name)]);
  const wanted = [...folded].flatMap(({ outputs }) => outputs).filter((name) => used.has(name));
  const session = await Session.load(extract(model, wanted));
  try {
    const values = Object.entries(await session.run({}, wanted));
    const kept = [...model.initializers].filter(([name]) => used.has(name));
    return { ...model, nodes: rest, initializers: new Map<string, Tensor>([...kept, ...values]) };
  } finally {
    await session.dispose();
  }
}
