/** @file Erf and Gelu, exact and by tanh (Hendrycks & Gimpel 2016, arXiv 1606.08415). */
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../model.ts";
import { sameShape } from "./rule.ts";
import type { OperatorRules } from "./rule.ts";

/** `exp(-x² · scale) · factor`. */
function bell(graph: GraphBuilder, x: string, scale: number, factor: number): string {
  const exponent = graph.add("Mul", [graph.add("Mul", [x, x]), graph.scalar(-scale)]);
  return graph.add("Mul", [graph.add("Exp", [exponent]), graph.scalar(factor)]);
}

/** `(1 + value) / 2`. */
function halfOfOnePlus(graph: GraphBuilder, value: string): string {
  return graph.add("Mul", [graph.add("Add", [value, graph.scalar(1)]), graph.scalar(0.5)]);
}

/** y = x Φ(x), so y' = Φ(x) + x φ(x) with the normal distribution's Φ and density φ. */
function exactSlope(graph: GraphBuilder, x: string): string {
  const erf = graph.add("Erf", [graph.add("Mul", [x, graph.scalar(Math.SQRT1_2)])]);
  const density = bell(graph, x, 0.5, 1 / Math.sqrt(2 * Math.PI));
  return graph.add("Add", [halfOfOnePlus(graph, erf), graph.add("Mul", [x, density])]);
}

const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

/** y = x (1 + t) / 2 with t = tanh(s (x + c x³)), so y' = (1 + t) / 2 + x (1 - t²) s (1 + 3 c x²) / 2. */
function tanhSlope(graph: GraphBuilder, x: string): string {
  const square = graph.add("Mul", [x, x]);
  const polynomial = (factor: number, constant: number): string =>
    graph.add("Add", [graph.add("Mul", [square, graph.scalar(factor)]), graph.scalar(constant)]);
  const inner = graph.add("Mul", [x, polynomial(TANH_SCALE * TANH_CUBIC, TANH_SCALE)]);
  const tanh = graph.add("Tanh", [inner]);
  const steepness = graph.add("Sub", [graph.scalar(1), graph.add("Mul", [tanh, tanh])]);
  const innerSlope = polynomial(1.5 * TANH_SCALE * TANH_CUBIC, 0.5 * TANH_SCALE);
  const sloped = graph.add("Mul", [graph.add("Mul", [x, steepness]), innerSlope]);
  return graph.add("Add", [halfOfOnePlus(graph, tanh), sloped]);
}

function isTanhForm({ attributes: { approximate } }: Node): boolean {
  return approximate?.kind === "string" && approximate.value === "tanh";
}

export const geluRules: OperatorRules = {
  Erf: {
    shape: sameShape,
    gradient: ({ graph, outputGradient, input }) => [
      graph.add("Mul", [outputGradient, bell(graph, input(0), 1, 2 / Math.sqrt(Math.PI))]),
    ],
  },
  Gelu: {
    shape: sameShape,
    gradient: ({ graph, node, outputGradient, input }) => {
      const slope = isTanhForm(node) ? tanhSlope(graph, input(0)) : exactSlope(graph, input(0));
      return [graph.add("Mul", [outputGradient, slope])];
    },
  },
};
