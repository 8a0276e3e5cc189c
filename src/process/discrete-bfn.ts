import { requireClasses, requireNumber } from './checks.js';
import { defineProcess } from './define.js';
import { family } from './family.js';
import type { Process } from './process.js';

export interface DiscreteBfnOptions {
  /** Number of classes K, 2 or more. */
  readonly classes: number;
  /** Total accuracy at the data end: 0.5625 for text8. */
  readonly beta1: number;
}

/**
 * A Bayesian flow network on discrete data: the logits follow `alpha = beta`, `sigma² = K beta`,
 * `beta = beta1 (1-t)²`, with data `K e_x - 1` (Xue et al. 2024, Theorem 5.1; docs/theory.md, section 2).
 * The network is shown BFN time, `1 - t`. Throws a `UsageError` for classes below 2 or beta1 not above 0.
 */
export const discreteBfn = ({ classes, beta1 }: DiscreteBfnOptions): Process => {
  requireNumber('bfn-discrete', 'classes', classes, 'a whole number, 2 or more', Number.isInteger);
  requireClasses('bfn-discrete', classes);
  requireNumber('bfn-discrete', 'beta1', beta1, 'a number above 0, at most 1e6', (b) => b > 0 && b <= 1e6);
  const sigma0 = Math.sqrt(classes * beta1);
  const lambda0 = Math.log(beta1 / classes) / 2;
  return defineProcess({
    id: 'bfn-discrete',
    parameters: { classes, beta1 },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: (t) => beta1 * (1 - t) ** 2,
    sigma: (t) => sigma0 * (1 - t),
    lambda: (t) => lambda0 + Math.log1p(-t),
    inverse: (lambda) => -Math.expm1(lambda - lambda0),
    varianceOverSignal: () => classes,
    drift: (t) => -2 / (1 - t),
    squaredDiffusion: (t) => 2 * classes * beta1 * (1 - t),
    networkTime: (t) => 1 - t,
  });
};

export const discreteBfnFamily = family<DiscreteBfnOptions>(
  {
    id: 'bfn-discrete',
    description: 'Bayesian flow network on discrete data, as logits',
    parameters: [
      { name: 'classes', kind: 'number', description: 'number of classes K, 2 or more' },
      { name: 'beta1', kind: 'number', description: 'total accuracy at the data end, above 0' },
    ],
  },
  discreteBfn,
);
