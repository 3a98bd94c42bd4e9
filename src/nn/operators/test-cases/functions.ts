/** @file Test cases: activations, functions of one number, arithmetic with broadcasting. */
import { float } from "../../builder.ts";
import { floats } from "../../tensor.ts";
import { unary } from "./case.ts";
import type { GradientCase } from "./case.ts";

const PLAIN = [
  ...["Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Softplus", "HardSwish", "Neg", "Abs", "Exp", "Erf"],
];

export const ACTIVATION_CASES: readonly GradientCase[] = [
  ...PLAIN.map((operator) => unary(operator)),
  ...["Log", "Sqrt", "Reciprocal"].map((operator) => unary(operator, {}, true)),
  unary("LeakyRelu", { alpha: float(0.3) }),
  unary("Elu", { alpha: float(0.5) }),
  unary("HardSigmoid", { alpha: float(1 / 6), beta: float(0.5) }),
  { ...unary("Gelu"), opset: 20 },
  { ...unary("Gelu", { approximate: "tanh" }), opset: 20 },
  {
    name: "PRelu, a slope for each channel",
    shapes: [
      [2, 3, 4],
      [3, 1],
    ],
    build: (g, inputs) => g.add("PRelu", inputs),
  },
  {
    name: "Clip with both bounds",
    shapes: [[2, 3]],
    build: (g, [x = ""]) => g.add("Clip", [x, g.scalar(-1), g.scalar(1.2)]),
  },
  {
    name: "Clip with the upper bound only",
    shapes: [[2, 3]],
    build: (g, [x = ""]) => g.add("Clip", [x, "", g.scalar(1)]),
  },
  { name: "Clip without bounds", shapes: [[2, 3]], build: (g, [x = ""]) => g.add("Clip", [x]) },
  {
    name: "Clip, bounds differentiated",
    shapes: [[2, 3, 4], [], []],
    build: (g, [x = "", low = "", high = ""]) =>
      g.add("Clip", [
        x,
        g.add("Sub", [low, g.scalar(2)]),
        g.add("Mul", [g.add("Abs", [high]), g.scalar(0.5)]),
      ]),
  },
  {
    name: "Swish, x · sigmoid(x)",
    shapes: [[2, 3, 4]],
    build: (g, [x = ""]) => g.add("Mul", [x, g.add("Sigmoid", [x])]),
  },
  {
    name: "Gelu as exported",
    shapes: [[2, 3, 4]],
    build: (g, [x = ""]) => {
      const erf = g.add("Erf", [g.add("Div", [x, g.scalar(Math.SQRT2)])]);
      return g.add("Mul", [g.add("Mul", [x, g.add("Add", [erf, g.scalar(1)])]), g.scalar(0.5)]);
    },
  },
];

const pair = (name: string, positive = false, ...shapes: readonly (readonly number[])[]): GradientCase => ({
  name: `${name} ${JSON.stringify(shapes)}`,
  shapes,
  positive,
  build: (g, inputs) => g.add(name, inputs),
});

export const ARITHMETIC_CASES: readonly GradientCase[] = [
  ...["Add", "Sub", "Mul", "Max", "Min"].flatMap((operator) => [
    pair(operator, false, [2, 3], [2, 3]),
    pair(operator, false, [2, 2, 4], [2, 1]),
    pair(operator, false, [], [2, 2]),
  ]),
  ...["Div", "Pow"].flatMap((operator) => [
    pair(operator, true, [2, 3], [3]),
    pair(operator, true, [1, 3], [2, 1]),
  ]),
  ...["Sum", "Max"].map((operator) => pair(operator, false, [2, 3], [3], [2, 1])),
  {
    name: "Add of lengths known and by name",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    declared: [
      ["N", 3],
      [2, "M"],
    ],
    build: (g, inputs) => g.add("Add", inputs),
  },
  { name: "Mul with itself", shapes: [[2, 3]], build: (g, [x = ""]) => g.add("Mul", [x, x]) },
  ...[0, 1, 2, 3].map((exponent): GradientCase => ({
    name: `Pow ${exponent}`,
    shapes: [[2, 3]],
    build: (g, [x = ""]) => g.add("Pow", [x, g.scalar(exponent)]),
  })),
  {
    name: "Pow 0.5",
    shapes: [[2, 3]],
    positive: true,
    build: (g, [x = ""]) => g.add("Pow", [x, g.scalar(0.5)]),
  },
  {
    name: "Where, broadcast",
    shapes: [[2, 3], [3]],
    build: (g, [x = "", y = ""]) => g.add("Where", [g.add("Greater", [x, g.scalar(0)]), x, y]),
  },
  {
    name: "Cast and steps",
    shapes: [[2, 3]],
    build: (g, [x = ""]) => {
      const double = g.add("Cast", [g.add("Cast", [x], { to: 11 })], { to: 1 });
      return g.add("Add", [double, g.add("Floor", [x])]);
    },
  },
  {
    name: "Expand",
    shapes: [[3, 1]],
    build: (g, [x = ""]) =>
      g.add("Mul", [g.add("Expand", [x, g.ints([2, 1, 4])]), g.constant(floats([4], [1, 2, -1, 0.5]))]),
  },
];
