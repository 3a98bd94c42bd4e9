/** @file Matrix products: Gemm and MatMul. */
import type { GraphBuilder } from "../builder.ts";
import { GraphError, describeNode, floatAttribute, intAttribute } from "../model.ts";
import type { Dimension, Node, Shape } from "../model.ts";
import { broadcastShapes, sumToShape } from "./rule.ts";
import type { OperatorRules, ShapeContext } from "./rule.ts";

function matrix(context: ShapeContext, index: number): readonly [Dimension, Dimension] {
  const [rows, columns, ...rest] = context.shape(index);
  if (rows === undefined || columns === undefined || rest.length > 0) {
    throw new GraphError(`${describeNode(context.node)}: input ${index} must be a matrix`);
  }
  return [rows, columns];
}

function gemmShape(context: ShapeContext): Shape {
  const [m, k] = matrix(context, 0);
  const [p, q] = matrix(context, 1);
  return [intAttribute(context.node, "transA", 0) ? k : m, intAttribute(context.node, "transB", 0) ? p : q];
}

function matMulShape({ node, shape }: ShapeContext): Shape {
  const [a, b] = [shape(0), shape(1)];
  if (a.length < 2 || b.length < 2) {
    throw new GraphError(`${describeNode(node)}: vectors are not supported; give them a second axis`);
  }
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2), node);
  return [...batch, a.at(-2) ?? 1, b.at(-1) ?? 1];
}

/** The last two axes exchanged. */
function transposed(graph: GraphBuilder, value: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.splice(rank - 2, 2, rank - 1, rank - 2);
  return graph.add("Transpose", [value], { perm });
}

/** `alpha · op(a) · op(b)` as one Gemm. */
function product(
  graph: GraphBuilder,
  [a, transA]: readonly [string, number],
  [b, transB]: readonly [string, number],
  alpha: number,
): string {
  return graph.add("Gemm", [a, b], { transA, transB, alpha: { kind: "float", value: alpha } });
}

interface GemmAttributes {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: number;
  readonly transB: number;
}

const gemmAttributes = (node: Node): GemmAttributes => ({
  alpha: floatAttribute(node, "alpha", 1),
  beta: floatAttribute(node, "beta", 1),
  transA: intAttribute(node, "transA", 0),
  transB: intAttribute(node, "transB", 0),
});

export const matrixRules: OperatorRules = {
  Gemm: {
    shape: gemmShape,
    gradient: (context) => {
      const { graph, node, outputGradient: dy, input, wants } = context;
      const { alpha, beta, transA, transB } = gemmAttributes(node);
      // Y = op(A) op(B): d op(A) = dY op(B)ᵀ and d op(B) = op(A)ᵀ dY; a transposed operand exchanges the sides.
      const da = () =>
        transA
          ? product(graph, [input(1), transB], [dy, 1], alpha)
          : product(graph, [dy, 0], [input(1), 1 - transB], alpha);
      const db = () =>
        transB
          ? product(graph, [dy, 1], [input(0), transA], alpha)
          : product(graph, [input(0), 1 - transA], [dy, 0], alpha);
      const dc = () => {
        const scaled = beta === 1 ? dy : graph.add("Mul", [dy, graph.scalar(beta)]);
        return sumToShape(graph, scaled, input(2), context.shape(2), gemmShape(context));
      };
      return [wants(0) ? da() : undefined, wants(1) ? db() : undefined, wants(2) ? dc() : undefined];
    },
  },
  MatMul: {
    shape: matMulShape,
    gradient: (context) => {
      const { graph, outputGradient: dy, input, wants, shape } = context;
      const [a, b, y] = [shape(0), shape(1), matMulShape(context)];
      const batch = y.slice(0, -2);
      const da = () => {
        const full = graph.add("MatMul", [dy, transposed(graph, input(1), b.length)]);
        return sumToShape(graph, full, input(0), a, [...batch, ...a.slice(-2)]);
      };
      const db = () => {
        const full = graph.add("MatMul", [transposed(graph, input(0), a.length), dy]);
        return sumToShape(graph, full, input(1), b, [...batch, ...b.slice(-2)]);
      };
      return [wants(0) ? da() : undefined, wants(1) ? db() : undefined];
    },
  },
};
