import { UsageError } from '../errors.js';
import { requireClasses, requireNumbers } from './checks.js';
import type { ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import { monotoneCubic, pieceAt } from './monotone-cubic.js';
import { decreasingRoot } from './numeric.js';
import type { Process } from './process.js';
import { variancePreservingFrom } from './variance-preserving.js';

export interface DiscreteBetasOptions extends ClassesOption {
  /** `beta_1` to `beta_N`, each above 0 and below 1: the variance that noising step n adds. */
  readonly betas: readonly number[];
  /**
   * What the network is shown at t = n, after n noising steps. `integer` (if not given): n - 1, between nodes that of the
   * nearest node. `real`: t - 1, but not less than 0. A list of N numbers: its n-th, between nodes that of the nearest.
   */
  readonly networkTimes?: 'integer' | 'real' | readonly number[];
}

const networkTimeOf = (choice: 'integer' | 'real' | readonly number[], steps: number) => {
  if (choice === 'real') return (t: number) => Math.max(0, t - 1);
  const nearest = (t: number): number => Math.min(steps, Math.max(1, Math.round(t))) - 1;
  return choice === 'integer' ? nearest : (t: number) => choice[nearest(t)];
};

/**
 * The process of any network trained as a DDPM: at t = n, `alpha² = prod_{i <= n} (1 - beta_i)` and `sigma² = 1 - alpha²`
 * (Ho et al. 2020, equation 4), exactly; t runs from 0, the data, to N. Between the nodes `-ln alpha²` is a monotone
 * cubic, so that the SDE has a continuous drift. Throws a `UsageError` for betas outside (0, 1) or a list of
 * network times of another length.
 */
export const discreteBetas = ({
  betas,
  networkTimes = 'integer',
  classes,
}: DiscreteBetasOptions): Process => {
  const accepted =
    'a list of numbers above 0 and below 1 (for a last beta of 1, give the process as a table)';
  requireNumbers('ddpm', 'betas', betas, accepted, (beta) => beta > 0 && beta < 1);
  if (betas.length === 0) throw new UsageError(`process "ddpm": betas is empty; give ${accepted}`);
  if (networkTimes !== 'integer' && networkTimes !== 'real') {
    requireNumbers(
      'ddpm',
      'networkTimes',
      networkTimes,
      '"integer", "real" or a list of numbers',
      () => true,
    );
    if (networkTimes.length !== betas.length) {
      throw new UsageError(
        `process "ddpm": ${networkTimes.length} networkTimes for ${betas.length} betas; give one for each`,
      );
    }
  }
  requireClasses('ddpm', classes);
  const shown = typeof networkTimes === 'string' ? networkTimes : [...networkTimes];
  const integrals = [0];
  betas.forEach((beta, i) => integrals.push(integrals[i] - Math.log1p(-beta)));
  const nodes = [...integrals.keys()];
  const cubic = monotoneCubic(nodes, integrals);
  const integral = (t: number): number => {
    const { node, rise } = cubic(t);
    return integrals[node] + rise;
  };
  return variancePreservingFrom({
    id: 'ddpm',
    parameters: {
      betas: [...betas],
      networkTimes: shown,
      classes,
    },
    dataEnd: 0,
    noiseEnd: betas.length,
    integral,
    rate: (t) => cubic(t).slope,
    timeAtIntegral: (wanted) => {
      const left = pieceAt(integrals, wanted);
      const f = (t: number) => ({ value: wanted - integral(t), slope: -cubic(t).slope });
      return decreasingRoot(f, left, left + 1);
    },
    networkTime: networkTimeOf(shown, integrals.length - 1),
    roundsNetworkTime: true,
  });
};

export const discreteBetasFamily = family<DiscreteBetasOptions>(
  {
    id: 'ddpm',
    description: 'any pretrained DDPM, by the variances of its noising steps',
    parameters: [
      { name: 'betas', kind: 'numbers', description: 'variance added by each step, above 0 and below 1' },
      {
        name: 'networkTimes',
        kind: 'text or numbers',
        default: 'integer',
        description: 'what the network is shown: integer (n - 1), real (t - 1), or a list, one a beta',
      },
      classesParameter,
    ],
  },
  discreteBetas,
);
