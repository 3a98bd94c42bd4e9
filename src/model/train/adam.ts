/**
 * @file Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101).
 */

/** Decay rates of the moments and the guard against division by zero, as in the paper. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** The optimiser's memory of one parameter array. */
export class Adam {
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #step = 0;

  constructor(length: number) {
    this.#mean = new Float64Array(length);
    this.#square = new Float64Array(length);
  }

  /** Move `parameters` against `gradient`, in place. */
  update(
    parameters: Float32Array,
    gradient: Float32Array,
    { learningRate, weightDecay }: { learningRate: number; weightDecay: number },
  ): void {
    this.#step++;
    const meanScale = 1 - BETA1 ** this.#step;
    const squareScale = 1 - BETA2 ** this.#step;
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i] ?? 0;
      const mean = BETA1 * (this.#mean[i] ?? 0) + (1 - BETA1) * slope;
      const square = BETA2 * (this.#square[i] ?? 0) + (1 - BETA2) * slope * slope;
      this.#mean[i] = mean;
      this.#square[i] = square;
      const direction = mean / meanScale / (Math.sqrt(square / squareScale) + EPSILON);
      const value = parameters[i] ?? 0;
      parameters[i] = value - learningRate * (direction + weightDecay * value);
    }
  }
}
