/** Where a piecewise cubic stands: how far from the value of its nearest node (so that nothing is lost there), and its slope. */
export interface CubicPoint {
  readonly node: number;
  readonly rise: number;
  readonly slope: number;
}

export type Cubic = (t: number) => CubicPoint;

/** The piece of increasing `nodes` that holds t: the index of its left node. */
export const pieceAt = (nodes: readonly number[], t: number): number => {
  let left = 0;
  let right = nodes.length - 1;
  while (right - left > 1) {
    const middle = (left + right) >> 1;
    if (nodes[middle] <= t) left = middle;
    else right = middle;
  }
  return left;
};

const secants = (times: readonly number[], values: readonly number[]): number[] =>
  times.slice(1).map((t, i) => (values[i + 1] - values[i]) / (t - times[i]));

// A slope of 3 secants on both sides is the limit of monotone cubics; below it the derivative never vanishes.
const steepest = 2.5;
const flattestEnd = 1 / 3;

/** The slope at the middle of three nodes of the parabola through them, from the secants and lengths on both sides. */
export const middleSlope = (before: number, after: number, hBefore: number, hAfter: number): number =>
  (hAfter * before + hBefore * after) / (hBefore + hAfter);

/** A slope between two pieces: the parabola's, flat where the data turn, and limited so that the cubic is monotone. */
const innerSlope = (before: number, after: number, hBefore: number, hAfter: number): number => {
  if (before * after <= 0) return 0;
  const slope = middleSlope(before, after, hBefore, hAfter);
  const limit = steepest * Math.min(Math.abs(before), Math.abs(after));
  return Math.sign(slope) * Math.min(Math.abs(slope), limit);
};

/** A slope at an end, kept between a third and 2.5 times the secant of the piece there. */
const endSlope = (slope: number, secant: number): number =>
  secant === 0 ? 0 : secant * Math.min(steepest, Math.max(flattestEnd, slope / secant));

/** Slopes that are known at the ends; else they are those of the parabola through the three nodes there. */
export interface EndSlopes {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

const slopes = (times: readonly number[], values: readonly number[], ends: EndSlopes): number[] => {
  const secant = secants(times, values);
  const h = secants([...times.keys()], times);
  const parabola = (piece: number, next: number): number =>
    next in secant
      ? secant[piece] + ((secant[piece] - secant[next]) * h[piece]) / (h[piece] + h[next])
      : secant[piece];
  const last = secant.length - 1;
  return [
    endSlope(ends.first ?? parabola(0, 1), secant[0]),
    ...secant.slice(1).map((after, i) => innerSlope(secant[i], after, h[i], h[i + 1])),
    endSlope(ends.last ?? parabola(last, last - 1), secant[last]),
  ];
};

/**
 * A piecewise cubic with a continuous slope through two or more nodes with increasing times, strictly monotone between
 * nodes whose values are (Fritsch & Carlson 1980), and exact at the nodes.
 */
export const monotoneCubic = (
  times: readonly number[],
  values: readonly number[],
  ends: EndSlopes = {},
): Cubic => {
  const slope = slopes(times, values, ends);
  const secant = secants(times, values);
  return (t) => {
    const left = pieceAt(times, t);
    const h = times[left + 1] - times[left];
    const fromLeft = t - times[left] <= times[left + 1] - t;
    // s runs from the nearer node into the piece; seen from the right node the cubic is mirrored in sign.
    const node = fromLeft ? left : left + 1;
    const s = fromLeft ? (t - times[left]) / h : (times[left + 1] - t) / h;
    const near = slope[node];
    const far = slope[fromLeft ? left + 1 : left];
    const quadratic = 3 * secant[left] - 2 * near - far;
    const cubic = near + far - 2 * secant[left];
    return {
      node,
      rise: (fromLeft ? h : -h) * s * (near + s * (quadratic + s * cubic)),
      slope: near + s * (2 * quadratic + 3 * s * cubic),
    };
  };
};
