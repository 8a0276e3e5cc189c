import { normalDensity } from '../metrics/normal.js';

/** Of the trapezoid rule in v: its error is of the order of e^(-pi²/step). */
const step = 0.4;
/** Of the trapezoid rule in the noise, at most. */
const widest = 0.5;
/** In standard deviations: the noise beyond is left out. */
const reach = 7;

/**
 * `E[H(theta)]` in nats for `theta = softmax(z)`, `z ~ N(beta (K e_x - 1), beta K I)`: what BFN still does not know of a class among K
 * after a total accuracy beta, if all were equally probable. By quadrature, to 1e-9.
 *
 * theta is then the true posterior, so its expected entropy is its expected cross entropy, `E[-ln theta_x] = E[ln Z] - E[z_x]` with
 * `Z = sum_k e^(z_k)`. And `ln Z` plus a Gumbel variable is the largest of the `z_k` plus one each, so that with
 * `G(v) = P(sqrt(K beta) noise + Gumbel <= v) = E exp(-e^(sqrt(K beta) noise - v))` and z less its common mean
 *
 *     E[ln Z] = int (exp(-e^-v) - G(v)^(K-1) G(v - K beta)) dv
 *
 * Both integrands are analytic where |Im| < pi/2, and the trapezoid rule converges exponentially.
 */
export const expectedEntropy = (classes: number, beta: number): number => {
  const signal = classes * beta;
  // the information at first order: a datum of variance K - 1 in the channel, over 2
  if (signal < 1e-5) return Math.log(classes) - ((classes - 1) * beta) / 2;
  // ln(1 + u) <= sqrt(u) gives E[H] <= (K - 1) e^(-K beta/4)
  if ((classes - 1) * Math.exp(-signal / 4) < 1e-10) return 0;
  const deviation = Math.sqrt(signal);
  const first = Math.floor((-reach * deviation - 5) / step);
  const last = Math.ceil((reach * deviation + signal + Math.log(classes) + 25) / step);
  const [others, own] = [0, signal].map((shift) => noisyGumbel(deviation, first, last, shift));
  let sum = 0;
  for (let i = first; i <= last; i++) {
    sum += Math.exp(-Math.exp(-i * step)) - others[i - first] ** (classes - 1) * own[i - first];
  }
  return sum * step - signal;
};

/** `E exp(-e^(deviation noise + shift - v))` at `v = i step`, i from `first` to `last`. */
const noisyGumbel = (deviation: number, first: number, last: number, shift: number): Float64Array => {
  // nodes of the noise lie so that all exponents are on one lattice: its double exponentials are computed once
  const fine = Math.max(1, Math.ceil(step / (widest * deviation)));
  const lattice = step / fine;
  const spacing = lattice / deviation;
  const count = Math.ceil(reach / spacing);
  const weights = new Float64Array(2 * count + 1);
  for (let k = 0; k < weights.length; k++) weights[k] = spacing * normalDensity((k - count) * spacing);
  const gumbel = new Float64Array((last - first) * fine + weights.length);
  for (let j = 0; j < gumbel.length; j++) {
    gumbel[j] = Math.exp(-Math.exp(shift - (first * fine - count + j) * lattice));
  }
  const out = new Float64Array(last - first + 1);
  for (let i = 0; i < out.length; i++) {
    // the noise is symmetric: its sign does not matter
    for (let k = 0; k < weights.length; k++) out[i] += weights[k] * gumbel[i * fine + k];
  }
  return out;
};
