/** @file Test cases: reshaping, joining, cutting, padding, resizing. */
import type { GraphBuilder, PlainAttributes } from "../../builder.ts";
import { floats } from "../../tensor.ts";
import { unary } from "./case.ts";
import type { GradientCase } from "./case.ts";

const END = 2 ** 31 - 1;

/** A slice by starts, ends, axes, steps. */
function slice(name: string, ...bounds: readonly (readonly number[])[]): GradientCase {
  return {
    name: `Slice ${name}`,
    shapes: [[3, 4, 5]],
    build: (g, [x = ""]) => g.add("Slice", [x, ...bounds.map((values) => g.ints(values))]),
  };
}

function pad(mode: string, pads: readonly number[]): GradientCase {
  return {
    name: `Pad ${mode} [${pads.join(", ")}]`,
    shapes: [[2, 3, 4]],
    build: (g, [x = ""]) => g.add("Pad", [x, g.ints(pads)], { mode }),
  };
}

/** A Resize by scales (of an opset-13 graph, as PyTorch writes it) or by sizes. */
function resize(
  attributes: PlainAttributes,
  given: { readonly scales?: readonly number[]; readonly sizes?: readonly number[] },
): GradientCase {
  const { scales, sizes } = given;
  return {
    name: `Resize ${JSON.stringify({ ...attributes, ...given })}`,
    shapes: [[1, 2, 4, 5]],
    build: (g, [x = ""]) => {
      const scaled = scales ? g.constant(floats([scales.length], scales)) : "";
      return g.add("Resize", [x, "", scaled, ...(sizes ? [g.ints(sizes)] : [])], attributes);
    },
  };
}

const gather = (name: string, axis: number, indices: (g: GraphBuilder) => string): GradientCase => ({
  name: `Gather ${name}`,
  shapes: [[3, 4, 2]],
  declared: [axis === 0 ? [3, 4, 2] : ["N", 4, 2]],
  build: (g, [x = ""]) => g.add("Gather", [x, indices(g)], { axis }),
});

export const LAYOUT_CASES: readonly GradientCase[] = [
  unary("Identity"),
  unary("Dropout"),
  unary("Transpose", { perm: [2, 0, 1] }),
  unary("Transpose"),
  unary("Flatten", { axis: 2 }),
  unary("Flatten", { axis: -1 }),
  ...["DCR", "CRD"].map((mode): GradientCase => ({
    name: `DepthToSpace ${mode}`,
    shapes: [[1, 8, 2, 3]],
    declared: [["N", 8, "H", "W"]],
    build: (g, [x = ""]) => g.add("DepthToSpace", [x], { blocksize: 2, mode }),
  })),
  {
    name: "SpaceToDepth",
    shapes: [[1, 2, 4, 6]],
    build: (g, [x = ""]) => g.add("SpaceToDepth", [x], { blocksize: 2 }),
  },
  {
    name: "Reshape with an inferred length",
    shapes: [[2, 3, 4]],
    declared: [["N", 3, 4]],
    build: (g, [x = ""]) => g.add("Reshape", [x, g.ints([0, -1])]),
  },
  {
    name: "Reshape to equal lengths elsewhere",
    shapes: [[2, 2, 6]],
    build: (g, [x = ""]) => g.add("Reshape", [x, g.ints([-1, 2, 2])]),
  },
  {
    name: "Unsqueeze then Squeeze",
    shapes: [[2, 3]],
    build: (g, [x = ""]) => g.add("Squeeze", [g.add("Unsqueeze", [x, g.ints([1, 3])]), g.ints([3])]),
  },
];

const concatOf = (axis: number): GradientCase => ({
  name: `Concat along ${axis}`,
  shapes: [
    [2, 3, 2],
    [2, 1, 2],
  ],
  declared: [
    ["N", 3, 2],
    ["N", 1, 2],
  ],
  build: (g, inputs) => g.add("Concat", inputs, { axis }),
});

export const PIECE_CASES: readonly GradientCase[] = [
  concatOf(1),
  concatOf(-2),
  {
    name: "Split with lengths, both pieces used",
    shapes: [[2, 5]],
    build: (g, [x = ""]) => {
      const [a = "", b = ""] = g.addNode("Split", [x, g.ints([2, 3])], { axis: 1 }, ["a", "b"]);
      return g.add("Concat", [g.add("Exp", [b]), a], { axis: 1 });
    },
  },
  {
    name: "Split in three, only the middle used",
    shapes: [[2, 6]],
    build: (g, [x = ""]) => {
      const [, middle = ""] = g.addNode("Split", [x], { axis: -1 }, ["a", "b", "c"]);
      return g.add("Exp", [middle]);
    },
  },
  {
    name: "Split, num_outputs of operator set 18, a shorter last piece",
    shapes: [[5, 2]],
    opset: 18,
    build: (g, [x = ""]) => {
      const [a = "", b = ""] = g.addNode("Split", [x], { num_outputs: 2 }, ["a", "b"]);
      return g.add("Concat", [b, g.add("Exp", [a])], { axis: 0 });
    },
  },
  slice("of one axis", [1], [3], [2]),
  slice("of every axis", [0, 1, 2], [2, 4, 5]),
  slice("from the end", [-3], [-1], [-1]),
  slice("beyond the end", [1], [END], [1]),
  slice("of everything", [0], [END], [1]),
  slice("with steps", [0, 1], [END, END], [1, 2], [2, 3]),
  slice("backwards", [-1], [-END], [2], [-2]),
  slice("with steps along the first axis", [0], [END], [0], [2]),
  gather("of one row", 1, (g) => g.constant({ type: "int64", shape: [], data: BigInt64Array.of(2n) })),
  gather("of rows, one twice", 0, (g) => g.ints([2, 0, 2])),
  gather("from the end", 2, (g) => g.ints([-1])),
];

export const PAD_CASES: readonly GradientCase[] = [
  pad("constant", [0, 1, 2, 0, 0, 1]),
  pad("constant", [0, -1, 2, 0, 1, -1]),
  pad("reflect", [0, 2, 1, 0, 1, 3]),
  pad("reflect", [1, 0, 0, 1, 0, 0]),
  pad("edge", [1, 0, 3, 0, 2, 1]),
  {
    name: "Pad of named axes, operator set 18",
    shapes: [[2, 3, 4]],
    opset: 18,
    build: (g, [x = ""]) => g.add("Pad", [x, g.ints([1, 2]), "", g.ints([-1])]),
  },
  {
    name: "Pad wrap, operator set 19",
    shapes: [[2, 3, 4]],
    opset: 19,
    build: (g, [x = ""]) => g.add("Pad", [x, g.ints([0, 1, 2, 0, 2, 1])], { mode: "wrap" }),
  },
];

const MODES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];

export const RESIZE_CASES: readonly GradientCase[] = [
  ...MODES.flatMap((coordinate_transformation_mode) => [
    resize({ mode: "linear", coordinate_transformation_mode }, { scales: [1, 1, 2, 1.5] }),
    resize({ mode: "linear", coordinate_transformation_mode }, { sizes: [1, 2, 3, 7] }),
    resize({ mode: "cubic", coordinate_transformation_mode }, { sizes: [1, 2, 6, 8] }),
  ]),
  ...["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].flatMap((nearest_mode) => [
    resize(
      { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode },
      { scales: [1, 1, 2, 1.5] },
    ),
    resize(
      { mode: "nearest", coordinate_transformation_mode: "half_pixel", nearest_mode },
      { sizes: [1, 2, 3, 8] },
    ),
  ]),
  resize({ mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" }, { sizes: [1, 2, 1, 1] }),
  {
    name: "Resize to sizes the graph computes",
    shapes: [[2, 1, 3, 3]],
    declared: [["N", 1, 3, 3]],
    build: (g, [x = ""]) => {
      const kept = g.add("Slice", [g.add("Shape", [x]), g.ints([0]), g.ints([2]), g.ints([0])]);
      return g.add("Resize", [x, "", "", g.add("Concat", [kept, g.ints([5, 6])], { axis: 0 })], {
        mode: "linear",
        coordinate_transformation_mode: "pytorch_half_pixel",
      });
    },
  },
];
