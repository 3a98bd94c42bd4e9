/**
 * @file Grad-CAM++ (Chattopadhay et al. 2018, arXiv 1710.11063): the positive gradients, weighed so that several
 * findings of different size count alike, are summed over the cells.
 *
 * With the score's exponential as the function explained, its higher derivatives are powers of the gradient g:
 * α = g² / (2 g² + g³ · ΣA).
 */
import { camMethod } from "./cam-method.ts";

/** Keeps the quotient finite where a gradient is 0; as in pytorch-grad-cam. */
const EPSILON = 1e-6;

export const gradCamPlusPlus = camMethod("grad-cam++", ({ graph, maps, gradient }) => {
  const overCells = (value: string): string =>
    graph.add("ReduceSum", [value, graph.ints([2, 3])], { keepdims: 1 });
  const squared = graph.add("Mul", [gradient, gradient]);
  const cubed = graph.add("Mul", [squared, gradient]);
  const twice = graph.add("Mul", [squared, graph.scalar(2)]);
  const denominator = graph.add("Add", [twice, graph.add("Mul", [cubed, overCells(maps)])]);
  const alpha = graph.add("Div", [squared, graph.add("Add", [denominator, graph.scalar(EPSILON)])]);
  const weights = overCells(graph.add("Mul", [alpha, graph.add("Relu", [gradient])]));
  return graph.add("Mul", [maps, weights]);
});
