/** A quadrature rule on [-1, 1]: `int f = sum weights f(nodes)`. */
export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Gauss-Legendre with n points: exact for polynomials of degree 2n - 1. Nodes by Newton's method on P_n. */
export const gaussLegendre = (n: number): Rule => {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (n - i - 0.25)) / (n + 0.5));
    let slope = 0;
    for (let iteration = 0; iteration < 100; iteration++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= n; k++) {
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      }
      slope = (n * (x * value - before)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
};

/**
 * A rule for expectations over a standard normal: the trapezoidal rule on [-7.5, 7.5], whose error falls exponentially with the
 * number of points for what is analytic (Trefethen and Weideman 2014), also where Gauss-Hermite would spend its points in the tails.
 */
export const normalRule = (points: number): Rule => {
  const reach = 7.5;
  const nodes = Float64Array.from({ length: points }, (_, i) => reach * ((2 * i) / (points - 1) - 1));
  const weights = nodes.map((z) => Math.exp((-z * z) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { nodes, weights: weights.map((weight) => weight / total) };
};
