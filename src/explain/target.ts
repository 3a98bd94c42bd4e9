/**
 * @file What is explained: a number computed from the logits, one an image. How it is explained is the method's
 * business.
 *
 * A target is a piece of graph, so that its gradient can be compiled in. Any function of the logits will do; the usual
 * ones stand here.
 */
import type { GraphBuilder } from "../nn/builder.ts";
import { ELEMENT_TYPES, floats } from "../nn/tensor.ts";

export interface Target {
  /** For reports: `hemorrhage`, `cat - dog`. */
  readonly name: string;
  /**
   * Add the score `[N, 1]` and give its name.
   * @param logits name of the logits `[N, classes]`
   * @param undisturbed name of the logits of the same images before a method changed them, `[N, classes]` or
   *   `[1, classes]`: a target that depends on what was predicted keeps to it while the images are disturbed
   */
  add(graph: GraphBuilder, logits: string, classes: number, undisturbed: string): string;
}

/** A class that the model does not have. */
export class UnknownClass extends RangeError {
  override readonly name = "UnknownClass";
}

/** A weighted sum of the logits. @param weights one a class */
function weightedTarget(name: string, weightOf: (index: number) => number): Target {
  return {
    name,
    add(graph, logits, classes) {
      const weights = Array.from({ length: classes }, (_, index) => weightOf(index));
      return graph.add("MatMul", [logits, graph.constant(floats([classes, 1], weights))]);
    },
  };
}

/** The logit of one class. */
export function classTarget(index: number, name = `class ${index}`): Target {
  return weightedTarget(name, (c) => (c === index ? 1 : 0));
}

/** The probability of one class: the softmax of its logit. */
export function probabilityTarget(index: number): Target {
  return {
    name: `probability of class ${index}`,
    add(graph, logits, classes, undisturbed) {
      const shares = graph.add("Softmax", [logits], { axis: 1 });
      return classTarget(index).add(graph, shares, classes, undisturbed);
    },
  };
}

/** One class's logit less another's. */
export function differenceTarget(
  index: number,
  against: number,
  name = `class ${index} - class ${against}`,
): Target {
  return weightedTarget(name, (c) => (c === index ? 1 : 0) - (c === against ? 1 : 0));
}

/** The largest of each row `[N, classes]`, as `[N, 1]`; in the form of the graph's operator set. */
function addLargest(graph: GraphBuilder, logits: string): string {
  return graph.opset < 18
    ? graph.add("ReduceMax", [logits], { axes: [1], keepdims: 1 })
    : graph.add("ReduceMax", [logits, graph.ints([1])], { keepdims: 1 });
}

/** The logit of the class that the undisturbed image is given; between equals, their mean. */
export const predictedTarget: Target = {
  name: "predicted",
  add(graph, logits, classes, undisturbed) {
    const equal = graph.add("Equal", [undisturbed, addLargest(graph, undisturbed)]);
    const chosen = graph.add("Cast", [equal], { to: ELEMENT_TYPES.float32 });
    const ones = graph.constant(floats([classes, 1], new Float32Array(classes).fill(1)));
    const sum = graph.add("MatMul", [graph.add("Mul", [logits, chosen]), ones]);
    return graph.add("Div", [sum, graph.add("MatMul", [chosen, ones])]);
  },
};

function indexOf(text: string, labels: readonly string[]): number {
  const named = labels.indexOf(text.trim());
  if (named >= 0) return named;
  const index = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (index < labels.length) return index;
  throw new UnknownClass(
    `the model has no class "${text.trim()}"; its classes are ${labels.slice(0, 20).join(", ")}` +
      (labels.length > 20 ? ` and ${labels.length - 20} more (or a number from 0)` : ""),
  );
}

/**
 * A target from words: `predicted`, a class's name or number, or `A - B` for a difference of logits.
 * @throws UnknownClass listing the classes there are
 */
export function parseTarget(text: string, labels: readonly string[]): Target {
  if (text === "predicted") return predictedTarget;
  const [first = "", second] = labels.includes(text) ? [text] : text.split(" - ");
  const index = indexOf(first, labels);
  if (second === undefined) return classTarget(index, labels[index] ?? text);
  return differenceTarget(index, indexOf(second, labels), text);
}
