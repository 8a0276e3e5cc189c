import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption, type Definition } from './define.js';
import { classesParameter, family } from './family.js';
import { logExpm1, softplus } from './numeric.js';
import type { Process } from './process.js';

/** What a variance preserving process is made of: the integral B of its rate from the data end, that rate, and B's inverse. */
interface IntegratedRate extends Pick<
  Definition,
  'id' | 'parameters' | 'dataEnd' | 'noiseEnd' | 'networkTime' | 'roundsNetworkTime'
> {
  integral(t: number): number;
  rate(t: number): number;
  timeAtIntegral(integral: number): number;
}

/** `dx = -(rate/2) x dt + sqrt(rate) dw`: `alpha² = e^-B`, `sigma² = 1 - alpha²`, `e^(-2 lambda) = e^B - 1`. */
export const variancePreservingFrom = ({
  integral,
  rate,
  timeAtIntegral,
  ...rest
}: IntegratedRate): Process =>
  defineProcess({
    ...rest,
    alpha: (t) => Math.exp(-integral(t) / 2),
    sigma: (t) => Math.sqrt(-Math.expm1(-integral(t))),
    lambda: (t) => -logExpm1(integral(t)) / 2,
    inverse: (lambda) => timeAtIntegral(softplus(-2 * lambda)),
    drift: (t) => -rate(t) / 2,
    squaredDiffusion: rate,
  });

export interface VariancePreservingOptions extends ClassesOption {
  /** Rate at the data end; 0.1 if not given. */
  readonly betaMin?: number;
  /** Rate at the noise end; 20 if not given. */
  readonly betaMax?: number;
}

/**
 * The variance preserving SDE with a rate linear in t, from `betaMin` to `betaMax` (Song et al. 2021, equation 32).
 * Throws a `UsageError` unless 0 <= betaMin <= betaMax and betaMax > 0.
 */
export const variancePreserving = (options: VariancePreservingOptions = {}): Process => {
  const { betaMin = 0.1, betaMax = 20, classes } = options;
  requireNumber('vp-linear', 'betaMax', betaMax, 'a number above 0, at most 1000', (b) => b > 0 && b <= 1000);
  requireNumber('vp-linear', 'betaMin', betaMin, 'a number from 0 to betaMax', (b) => b >= 0 && b <= betaMax);
  requireClasses('vp-linear', classes);
  const growth = betaMax - betaMin;
  return variancePreservingFrom({
    id: 'vp-linear',
    parameters: { betaMin, betaMax, classes },
    dataEnd: 0,
    noiseEnd: 1,
    integral: (t) => t * (betaMin + (growth * t) / 2),
    rate: (t) => betaMin + growth * t,
    // the quadratic's root in the form that does not cancel
    timeAtIntegral: (integral) =>
      integral === 0 ? 0 : (2 * integral) / (betaMin + Math.sqrt(betaMin * betaMin + 2 * growth * integral)),
  });
};

export const variancePreservingFamily = family<VariancePreservingOptions>(
  {
    id: 'vp-linear',
    description: 'variance preserving diffusion with a rate linear in time',
    parameters: [
      { name: 'betaMin', kind: 'number', default: 0.1, description: 'rate at the data end, 0 to betaMax' },
      { name: 'betaMax', kind: 'number', default: 20, description: 'rate at the noise end, above 0' },
      classesParameter,
    ],
  },
  variancePreserving,
);
