import { timeGrid } from './grid.js';
import { defineSolver } from './program.js';

/**
 * Graves et al. 2023, algorithms 3, 6 and 9, as Bayesian updates: a receiver sample y of accuracy `e^(2 lambda_t) - e^(2 lambda_s)`
 * about the prediction (on discrete data: about a class drawn from it) is added to the natural parameter
 * `m = (alpha/sigma²) x`. On continuous BFN m is `rho mu`, on discrete BFN it is `z/K`.
 */
export const bfn = defineSolver(
  {
    id: 'bfn',
    description: 'the original BFN sampler: Bayesian updates from the exact prior',
    kind: 'sde',
    order: 1,
    weakOrder: 1,
    evaluationsPerStep: 1,
    consistent: true,
    scaleInvariant: true,
    reference: 'Graves et al. 2023, arXiv:2308.07037, algorithms 3, 6, 9',
    defaults: { grid: timeGrid.uniform({ eta: 0 }), lastStep: 'predict-at-end', draw: true, start: 'prior' },
  },
  ({ s, t, x, D, noise }) => {
    if (t.sigma === 0) return [[t.alpha, D]];
    const accuracy = Math.exp(2 * t.lambda) - Math.exp(2 * s.lambda);
    const k = t.varianceOverSignal;
    return [
      [k / s.varianceOverSignal, x],
      [k * accuracy, D],
      [k * Math.sqrt(accuracy), noise()],
    ];
  },
);
