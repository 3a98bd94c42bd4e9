/**
 * @file What the CAM methods have in common: a graph with the gradient of one class's logit at the feature maps, and
 * the map a method makes of the two as the graph's output `saliency`.
 */
import type { SaliencyMethod } from "../model/compile.ts";
import { GraphBuilder } from "../nn/builder.ts";
import { differentiate, gradientName } from "../nn/differentiate.ts";
import { floats } from "../nn/tensor.ts";

/**
 * A CAM method by what it weighs the feature maps with: `weigh` is given the gradient's name `[N, C, rows, columns]`
 * and adds the weights, of the same shape or `[N, C, 1, 1]`. The weighted channels are summed, the negative part left
 * out.
 */
export function camMethod(
  name: string,
  weigh: (graph: GraphBuilder, gradient: string) => string,
): SaliencyMethod {
  return {
    name,
    add(model, { logits, classes, classIndex, maps }) {
      const scored = new GraphBuilder(model);
      const chosen = Array.from({ length: classes }, (_, index) => (index === classIndex ? 1 : 0));
      const selector = scored.constant(floats([classes, 1], chosen), "saliency/class");
      // The images of a batch do not touch each other, so the gradient of the sum is each one's own.
      const score = scored.add("MatMul", [logits, selector], {}, "saliency/score");
      const withGradient = differentiate(scored.build(), { of: score, withRespectTo: [maps] });

      const graph = new GraphBuilder({ ...withGradient, outputs: model.outputs });
      const weighted = graph.add("Mul", [maps, weigh(graph, gradientName(maps))]);
      const sum = graph.add("ReduceSum", [weighted, graph.ints([1])], { keepdims: 0 });
      graph.add("Relu", [sum], {}, "saliency");
      graph.output("saliency", "saliency", ["N", "rows", "columns"]);
      return graph.build();
    },
  };
}
