/**
 * @file Sums, products and quotients of lengths, some of them known only by name: `N · 32 / 8` is "N*4".
 */
import type { Dimension, Shape } from "../model.ts";

/** A number times names. */
interface Monomial {
  readonly factor: number;
  readonly names: readonly string[];
}

function monomialOf(lengths: Shape): Monomial {
  const parts = lengths.flatMap((length) => String(length).split("*"));
  const isNumber = (part: string): boolean => /^\d+$/.test(part);
  return {
    factor: parts.filter(isNumber).reduce((product, part) => product * Number(part), 1),
    names: parts.filter((part) => !isNumber(part)),
  };
}

function written({ factor, names }: Monomial): Dimension {
  if (names.length === 0) return factor;
  return [...names.toSorted(), ...(factor === 1 ? [] : [factor])].join("*");
}

/** The product of lengths. */
export function productOf(lengths: Shape): Dimension {
  return written(monomialOf(lengths));
}

/** The sum of lengths; a name of its own where one is known by name. */
export function sumOf(lengths: Shape): Dimension {
  const numbers = lengths.filter((length) => typeof length === "number");
  const names = lengths.filter((length) => typeof length === "string");
  const known = numbers.reduce((a, b) => a + b, 0);
  // No `*` inside: a product of this sum is taken apart at its own.
  return names.length === 0
    ? known
    : [...names, ...(known === 0 ? [] : [known])].join("+").replaceAll("*", "·");
}

/** The product of `over` divided by that of `under`; a name of its own where it does not divide. */
export function quotientOf(over: Shape, under: Shape): Dimension {
  const [top, bottom] = [monomialOf(over), monomialOf(under)];
  const names = [...top.names];
  const left = bottom.names.filter((name) => {
    const same = names.indexOf(name);
    if (same >= 0) names.splice(same, 1);
    return same < 0;
  });
  const factor = top.factor / bottom.factor;
  if (left.length === 0 && Number.isInteger(factor)) return written({ factor, names });
  return `(${productOf(over)})/(${productOf(under)})`;
}
