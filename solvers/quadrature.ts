/** Nodes in (-1, 1) and weights of a rule that is exact for polynomials of degree below twice its size. */
export type QuadratureRule = readonly { readonly node: number; readonly weight: number }[];

/** Gauss-Legendre: the roots of P_n by Newton's method from Tricomi's guesses. */
export const gaussLegendre = (n: number): QuadratureRule =>
  Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 8; round++) {
      let [previous, value] = [1, x];
      for (let k = 2; k <= n; k++) {
        [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
      }
      slope = (n * (x * value - previous)) / (x * x - 1);
      x -= value / slope;
    }
    return { node: x, weight: 2 / ((1 - x * x) * slope * slope) };
  });

/**
 * `phi_k(z) = sum_j z^j/(j + k)!`, so that `phi_0 = e^z` and `phi_(k+1) = (phi_k - 1/k!)/z`: the moments of exponential integrators.
 * By its series where the recursion loses digits.
 */
export const phi = (k: number, z: number): number => {
  if (Math.abs(z) < 2) {
    let term = 1 / factorial(k);
    let sum = term;
    for (let j = 1; j < 30; j++) sum += term *= z / (j + k);
    return sum;
  }
  let value = k === 0 ? Math.exp(z) : Math.expm1(z) / z;
  for (let j = 1; j < k; j++) value = (value - 1 / factorial(j)) / z;
  return value;
};

export const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
