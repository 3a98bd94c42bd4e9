/** @file Probabilities and their log-odds. */

/** ln(p / (1 - p)) of a probability; infinite at 0 and 1. */
export const logOdds = (p: number): number => Math.log(p) - Math.log1p(-p);

/** The probability of log-odds, 0…1. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
