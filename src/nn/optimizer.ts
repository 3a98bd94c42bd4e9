/**
 * @file Updating parameters from their gradients: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv
 * 1711.05101), and stochastic gradient descent with momentum.
 */

export type OptimizerName = "adam" | "sgd";

/** Decay rates of Adam's moments and the guard against division by zero, as in the paper. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** How much of the last update SGD keeps. */
const MOMENTUM = 0.9;

/** How far a parameter moves. */
export interface Rate {
  readonly learningRate: number;
  /** Share of the parameter that is taken off, times the learning rate. */
  readonly weightDecay: number;
}

/** What an optimizer remembers of one parameter; arrays as long as it. */
export type Moments = readonly Float32Array[];

export interface Optimizer {
  /** Names of the moments, in order. */
  readonly moments: readonly string[];
  /**
   * Move `parameter` against `gradient`, in place, and its moments with it.
   * @param step number of this update, from 1
   */
  readonly update: (
    parameter: Float32Array,
    gradient: Float32Array,
    moments: Moments,
    rate: Rate,
    step: number,
  ) => void;
}

const adam: Optimizer = {
  moments: ["mean", "square"],
  update: (parameter, gradient, [means, squares], { learningRate, weightDecay }, step) => {
    if (!means || !squares) throw new RangeError("adam needs two moments of a parameter");
    const meanScale = 1 / (1 - BETA1 ** step);
    const squareScale = 1 / (1 - BETA2 ** step);
    for (let i = 0; i < parameter.length; i++) {
      const slope = gradient[i] ?? 0;
      const mean = BETA1 * (means[i] ?? 0) + (1 - BETA1) * slope;
      const square = BETA2 * (squares[i] ?? 0) + (1 - BETA2) * slope * slope;
      means[i] = mean;
      squares[i] = square;
      const direction = (mean * meanScale) / (Math.sqrt(square * squareScale) + EPSILON);
      const value = parameter[i] ?? 0;
      parameter[i] = value - learningRate * (direction + weightDecay * value);
    }
  },
};

const sgd: Optimizer = {
  moments: ["velocity"],
  update: (parameter, gradient, [velocities], { learningRate, weightDecay }) => {
    if (!velocities) throw new RangeError("sgd needs one moment of a parameter");
    for (let i = 0; i < parameter.length; i++) {
      const velocity = MOMENTUM * (velocities[i] ?? 0) + (gradient[i] ?? 0);
      velocities[i] = velocity;
      const value = parameter[i] ?? 0;
      parameter[i] = value - learningRate * (velocity + weightDecay * value);
    }
  },
};

export const OPTIMIZERS: Readonly<Record<OptimizerName, Optimizer>> = { adam, sgd };

/** Whether every element is a finite number. */
export function allFinite(values: Float32Array): boolean {
  // 0 · x is 0 for a finite x and NaN for all others, so sums tell without a branch an element; four of them, for an
  // addition need not wait for the one before then.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += 0 * (values[i] ?? 0);
    b += 0 * (values[i + 1] ?? 0);
    c += 0 * (values[i + 2] ?? 0);
    d += 0 * (values[i + 3] ?? 0);
  }
  for (let i = whole; i < values.length; i++) a += 0 * (values[i] ?? 0);
  return a + b + c + d === 0;
}
