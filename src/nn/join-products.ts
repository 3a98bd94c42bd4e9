/**
 * @file `(x · A) · B` with constant matrices A and B as `x · (A · B)`, where that is smaller.
 *
 * The gradient of one class's logit is that: a row that picks the class, times the classifier's whole matrix. Joined it
 * is the class's own row of the matrix, and the rest of it need not be read again for every image.
 */
import { floatAttribute, intAttribute } from "./model.ts";
import type { Model, Node } from "./model.ts";
import { floats } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

/** A product `x · matrix` with a constant right side, `[rows, columns]`. */
interface Product {
  readonly left: string;
  readonly matrix: FloatTensor;
}

function transposed({ shape, data }: FloatTensor): FloatTensor {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column] as number;
  return floats([columns, rows], turned);
}

function multiplied(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [rows = 0, inner = 0] = a.shape;
  const [, columns = 0] = b.shape;
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < inner; k++) {
      const factor = a.data[row * inner + k] as number;
      if (factor === 0) continue;
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        product[at] = (product[at] as number) + factor * (b.data[k * columns + column] as number);
      }
    }
  return floats([rows, columns], product);
}

/** The model with chains of two constant products joined. */
export function joinProducts(model: Model): Model {
  const producers = new Map<string, Node>();
  for (const node of model.nodes) for (const name of node.outputs) producers.set(name, node);
  const initializers = new Map(model.initializers);

  const constant = (name: string): FloatTensor | undefined => {
    const tensor = initializers.get(name);
    if (tensor) return tensor.type === "float32" && tensor.shape.length === 2 ? tensor : undefined;
    const node = producers.get(name);
    const turned = node?.operator === "Transpose" ? constant(node.inputs[0] ?? "") : undefined;
    return turned && transposed(turned);
  };
  const productOf = (node: Node | undefined): Product | undefined => {
    const [left = "", right = "", bias = ""] = node?.inputs ?? [];
    if (!node || bias !== "") return undefined;
    if (node.operator !== "MatMul") {
      const isPlain = floatAttribute(node, "alpha", 1) === 1 && intAttribute(node, "transA", 0) === 0;
      if (node.operator !== "Gemm" || !isPlain) return undefined;
    }
    const matrix = constant(right);
    const isTurned = node.operator === "Gemm" && intAttribute(node, "transB", 0) === 1;
    return matrix && { left, matrix: isTurned ? transposed(matrix) : matrix };
  };
  const nodes = model.nodes.map((node): Node => {
    const outer = productOf(node);
    const inner = outer && productOf(producers.get(outer.left));
    if (!inner) return node;
    const joinedSize = (inner.matrix.shape[0] ?? 0) * (outer.matrix.shape[1] ?? 0);
    if (joinedSize >= outer.matrix.data.length) return node;
    const [output = ""] = node.outputs;
    const name = `${output}/joined`;
    initializers.set(name, multiplied(inner.matrix, outer.matrix));
    return { ...node, operator: "MatMul", inputs: [inner.left, name], attributes: {} };
  });
  return { ...model, nodes, initializers };
}
