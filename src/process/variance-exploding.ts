import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import type { Process } from './process.js';

export interface VarianceExplodingOptions extends ClassesOption {
  /** Noise scale at the data end; 0.01 if not given. */
  readonly sigmaMin?: number;
  /** Noise scale at the noise end; 50 if not given. */
  readonly sigmaMax?: number;
}

/**
 * The variance exploding SDE: `alpha = 1`, `sigma = sigmaMin (sigmaMax/sigmaMin)^t` (Song et al. 2021, equation 30).
 * As in their code, `sigmaMin²` is not subtracted: the state at t = 0 has noise of scale `sigmaMin` already, and
 * the network is shown sigma. Throws a `UsageError` unless 0 < sigmaMin < sigmaMax.
 */
export const varianceExploding = (options: VarianceExplodingOptions = {}): Process => {
  const { sigmaMin = 0.01, sigmaMax = 50, classes } = options;
  requireNumber('ve', 'sigmaMin', sigmaMin, 'a number above 0', (s) => s > 0);
  requireNumber('ve', 'sigmaMax', sigmaMax, 'a number above sigmaMin', (s) => s > sigmaMin);
  requireClasses('ve', classes);
  const growth = Math.log1p((sigmaMax - sigmaMin) / sigmaMin); // ln(sigmaMax/sigmaMin), also where they are close
  const logMin = Math.log(sigmaMin);
  const sigma = (t: number): number => sigmaMin * Math.exp(growth * t);
  return defineProcess({
    id: 've',
    parameters: { sigmaMin, sigmaMax, classes },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: () => 1,
    sigma,
    lambda: (t) => -(logMin + growth * t),
    inverse: (lambda) => -(lambda + logMin) / growth,
    drift: () => 0,
    squaredDiffusion: (t) => 2 * growth * sigma(t) ** 2,
    networkTime: sigma,
  });
};

export const varianceExplodingFamily = family<VarianceExplodingOptions>(
  {
    id: 've',
    description: 'variance exploding diffusion with geometric noise scales',
    parameters: [
      {
        name: 'sigmaMin',
        kind: 'number',
        default: 0.01,
        description: 'noise scale at the data end, above 0',
      },
      { name: 'sigmaMax', kind: 'number', default: 50, description: 'noise scale at the noise end' },
      classesParameter,
    ],
  },
  varianceExploding,
);
