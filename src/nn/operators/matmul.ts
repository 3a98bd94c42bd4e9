/** @file Matrix products: Gemm and MatMul. */
import type { GraphBuilder } from "../builder.ts";
import { GraphError, describeNode, floatAttribute, intAttribute } from "../model.ts";
import type { Dimension, Node, Shape } from "../model.ts";
import { broadcastShapes, sumToShape } from "./rule.ts";
import type { GradientContext, OperatorRules, ShapeContext } from "./rule.ts";

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

/** A vector on the left is a row, on the right a column; the axis it is given is taken off the result. */
function asMatrix(shape: Shape, side: "left" | "right"): Shape {
  return shape.length > 1 ? shape : side === "left" ? [1, ...shape] : [...shape, 1];
}

/** The shape of the product while vectors have their second axis. */
function fullProductShape({ node, shape }: ShapeContext): Shape {
  const [a, b] = [asMatrix(shape(0), "left"), asMatrix(shape(1), "right")];
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2), node);
  return [...batch, a.at(-2) ?? 1, b.at(-1) ?? 1];
}

function matMulShape(context: ShapeContext): Shape {
  const full = fullProductShape(context);
  const rows = context.shape(0).length > 1 ? full.slice(-2, -1) : [];
  const columns = context.shape(1).length > 1 ? full.slice(-1) : [];
  return [...full.slice(0, -2), ...rows, ...columns];
}

/** Gradients of both operands, each with the axis a vector lacks. */
function matMulGradient(context: GradientContext): readonly (string | undefined)[] {
  const { graph, outputGradient, input, wants, shape } = context;
  const [a, b] = [asMatrix(shape(0), "left"), asMatrix(shape(1), "right")];
  const full = fullProductShape(context);
  const axes = [
    ...(shape(0).length > 1 ? [] : [full.length - 2]),
    ...(shape(1).length > 1 ? [] : [full.length - 1]),
  ];
  const withAxis = (value: string, axis: number, is: boolean) =>
    is ? graph.add("Unsqueeze", [value, graph.ints([axis])]) : value;
  const dy = axes.length > 0 ? graph.add("Unsqueeze", [outputGradient, graph.ints(axes)]) : outputGradient;
  const [left, right] = [
    withAxis(input(0), 0, shape(0).length === 1),
    withAxis(input(1), 1, shape(1).length === 1),
  ];
  const operand = (index: 0 | 1, product: string, matrixShape: Shape): string => {
    const to = [...full.slice(0, -2), ...matrixShape.slice(-2)];
    const summed = sumToShape(graph, product, index === 0 ? left : right, matrixShape, to);
    return shape(index).length > 1 ? summed : graph.add("Reshape", [summed, graph.ints([-1])]);
  };
  return [
    wants(0) ? operand(0, graph.add("MatMul", [dy, transposed(graph, right, b.length)]), a) : undefined,
    wants(1) ? operand(1, graph.add("MatMul", [transposed(graph, left, a.length), dy]), b) : undefined,
  ];
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
  MatMul: { shape: matMulShape, gradient: matMulGradient },
};
