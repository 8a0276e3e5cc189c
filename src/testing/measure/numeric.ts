/** Nodes and weights for expectations under a standard normal. */
export interface Rule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Gauss-Hermite rule of an even number n of nodes, by bisection between the sign changes of the normalised Hermite polynomial. */
export const gaussHermite = (n: number): Rule => {
  /** Orthonormal Hermite polynomial of degree n under the standard normal, and that of degree n - 1. */
  const polynomial = (x: number): [number, number] => {
    let [before, now] = [0, 1];
    for (let k = 1; k <= n; k++) [before, now] = [now, (x * now - Math.sqrt(k - 1) * before) / Math.sqrt(k)];
    return [now, before];
  };
  // a root between any two sign changes on a fine grid, which are finer apart than the roots
  const bound = 2 * Math.sqrt(n) + 1;
  const grid = 200 * n;
  const nodes: number[] = [];
  for (let i = 0; i < grid; i++) {
    let [left, right] = [-bound + (2 * bound * i) / grid, -bound + (2 * bound * (i + 1)) / grid];
    const sign = Math.sign(polynomial(left)[0]);
    if (sign === Math.sign(polynomial(right)[0])) continue;
    for (let k = 0; k < 80; k++) {
      const half = (left + right) / 2;
      if (Math.sign(polynomial(half)[0]) === sign) left = half;
      else right = half;
    }
    nodes.push((left + right) / 2);
  }
  return { nodes, weights: nodes.map((x) => 1 / (n * polynomial(x)[1] ** 2)) };
};

const order = 8;

/**
 * Interpolates by polynomials of degree 7 through the 8 nearest of equally spaced `nodes`; outside them the value at the end. The
 * weights for all `targets` are computed once and serve any number of functions on the nodes.
 */
export const interpolant = (
  nodes: Float64Array,
  targets: Float64Array,
): ((values: Float64Array) => Float64Array) => {
  const step = nodes[1] - nodes[0];
  const starts = new Int32Array(targets.length);
  const weights = new Float64Array(order * targets.length);
  const denominators = Array.from({ length: order }, (_, j) => {
    let product = 1;
    for (let k = 0; k < order; k++) if (k !== j) product *= j - k;
    return product;
  });
  const last = nodes.length - 1;
  targets.forEach((target, i) => {
    const place = Math.min(last, Math.max(0, (target - nodes[0]) / step));
    const start = Math.min(last - order + 1, Math.max(0, Math.floor(place) - order / 2 + 1));
    starts[i] = start;
    for (let j = 0; j < order; j++) {
      let product = 1 / denominators[j];
      for (let k = 0; k < order; k++) if (k !== j) product *= place - start - k;
      weights[order * i + j] = product;
    }
  });
  return (values) =>
    targets.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < order; j++) sum += weights[order * i + j] * values[starts[i] + j];
      return sum;
    });
};
