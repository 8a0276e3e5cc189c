import type { Terms } from '../src/plan/plan.js';
import { UsageError } from '../src/errors.js';
import { scaled } from './exponential.js';
import { clocks } from './exponential-multistep.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

export interface Churn {
  /** Registry id. Default `edm-churn`. */
  readonly id?: string;
  /** `S_churn`: a step's level is raised by the factor `1 + min(churn/steps, sqrt(2) - 1)`. At least 0. */
  readonly churn?: number;
  /** `S_noise`, the factor of the added noise. At any value but 1 the sampler does not converge to the data law. */
  readonly noiseScale?: number;
}

/**
 * Karras et al. 2022, algorithm 2, with the grid naming the raised levels, at which the network is called: Heun in
 * `s = sigma/alpha` from s to `t/(1 + gamma)`, then noise up to t. The last step adds none. Throws a `UsageError` for a
 * negative churn or noise scale.
 */
export const edmStochastic = ({ id = 'edm-churn', churn = 10, noiseScale = 1 }: Churn = {}): Solver => {
  if (!(churn >= 0 && churn < Infinity)) throw new UsageError(`churn is ${churn}; it must not be negative`);
  if (!(noiseScale >= 0 && noiseScale < Infinity)) {
    throw new UsageError(`noiseScale is ${noiseScale}; it must not be negative`);
  }
  return defineSolver(
    {
      id,
      description: `EDM's stochastic sampler, S_churn ${churn}, S_noise ${noiseScale}`,
      kind: 'sde',
      order: 2,
      weakOrder: noiseScale === 1 ? 2 : null,
      clock: clocks.noiseToSignal,
      evaluationsPerStep: 2,
      consistent: noiseScale === 1,
      scaleInvariant: noiseScale === 1,
      reference: 'Karras et al. 2022, arXiv:2206.00364, algorithm 2',
    },
    ({ process, s, t, x, D, calls, steps, index, node, evaluate, noise }) => {
      const raised = index === steps - 1 ? 0 : Math.min(churn / steps, Math.SQRT2 - 1);
      const [from, to] = [s.sigma / s.alpha, t.sigma / t.alpha];
      // no further down than the process goes, as where BFN ends
      const least = Math.exp(-process.lambda(process.dataEnd));
      const level = Math.max(to / (1 + raised), Math.min(to, least));
      const up = noiseScale * Math.sqrt(to ** 2 - level ** 2);
      const euler: Terms = [
        [level / from / s.alpha, x],
        [1 - level / from, D],
      ];
      const added: Terms = up > 0 ? [[t.alpha * up, noise()]] : [];
      if (calls === 1 || level === 0) return [...scaled(t.alpha, euler), ...added];
      const there = up > 0 ? node(process.timeAtLambda(-Math.log(level))) : t;
      const dThere = evaluate(scaled(there.alpha, euler), there);
      const slopes: Terms = [
        ...scaled(1 / from, [
          [1 / s.alpha, x],
          [-1, D],
        ]),
        ...scaled(1 / level, [...euler, [-1, dThere]]),
      ];
      const heun: Terms = [[1 / s.alpha, x], ...scaled((level - from) / 2, slopes)];
      return [...scaled(t.alpha, heun), ...added];
    },
  );
};

export const edmChurn = edmStochastic();
