import { requireNumber } from './checks.js';
import { defineProcess } from './define.js';
import { family } from './family.js';
import { logExpm1, softplus } from './numeric.js';
import type { Process } from './process.js';

export interface ContinuousBfnOptions {
  /** Standard deviation of the input at the data end, between 0 and 1: 1e-3 for CIFAR-10 with 256 bins. */
  readonly sigma1: number;
}

/**
 * A Bayesian flow network on continuous or discretised data: the mean of its input distribution follows
 * `alpha = gamma`, `sigma² = gamma (1 - gamma)`, `gamma = 1 - sigma1^(2(1-t))` (Xue et al. 2024, Theorem 4.1;
 * docs/theory.md, section 2). The network is shown BFN time, `1 - t`. Throws a `UsageError` unless 0 < sigma1 < 1.
 */
export const continuousBfn = ({ sigma1 }: ContinuousBfnOptions): Process => {
  requireNumber('bfn-continuous', 'sigma1', sigma1, 'a number between 0 and 1', (s) => s > 0 && s < 1);
  const rate = -2 * Math.log(sigma1);
  // sigma1^(2 tau) = e^-exponent, and e^(2 lambda) = gamma/(1-gamma) = e^exponent - 1
  const exponent = (t: number): number => rate * (1 - t);
  const gamma = (t: number): number => -Math.expm1(-exponent(t));
  return defineProcess({
    id: 'bfn-continuous',
    parameters: { sigma1 },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: gamma,
    sigma: (t) => Math.sqrt(gamma(t)) * Math.exp(-exponent(t) / 2),
    lambda: (t) => logExpm1(exponent(t)) / 2,
    inverse: (lambda) => 1 - softplus(2 * lambda) / rate,
    varianceOverSignal: (t) => Math.exp(-exponent(t)),
    drift: (t) => -rate / Math.expm1(exponent(t)),
    squaredDiffusion: (t) => rate * Math.exp(-exponent(t)),
    networkTime: (t) => 1 - t,
  });
};

export const continuousBfnFamily = family<ContinuousBfnOptions>(
  {
    id: 'bfn-continuous',
    description: 'Bayesian flow network on continuous or discretised data',
    parameters: [
      {
        name: 'sigma1',
        kind: 'number',
        description: 'standard deviation of the input at the data end, between 0 and 1',
      },
    ],
  },
  continuousBfn,
);
