import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import type { Process } from './process.js';

export interface KarrasOptions extends ClassesOption {
  /**
   * The smallest noise scale that the network was trained on, where time grids stop before their last step to 0;
   * the process itself runs down to 0. 0.002 if not given.
   */
  readonly sigmaMin?: number;
  /** Noise scale at the noise end; 80 if not given. */
  readonly sigmaMax?: number;
}

/**
 * The process of EDM: `alpha = 1`, `sigma = t`, t from 0 to `sigmaMax` (Karras et al. 2022, table 1). The network is
 * shown sigma; `c_noise = ln(sigma)/4` is a matter of its adapter. Throws a `UsageError` unless 0 < sigmaMin < sigmaMax.
 */
export const karras = ({ sigmaMin = 0.002, sigmaMax = 80, classes }: KarrasOptions = {}): Process => {
  requireNumber('edm', 'sigmaMin', sigmaMin, 'a number above 0', (s) => s > 0);
  requireNumber('edm', 'sigmaMax', sigmaMax, 'a number above sigmaMin', (s) => s > sigmaMin);
  requireClasses('edm', classes);
  return defineProcess({
    id: 'edm',
    parameters: { sigmaMin, sigmaMax, classes },
    dataEnd: 0,
    noiseEnd: sigmaMax,
    smallestTime: sigmaMin,
    alpha: () => 1,
    sigma: (t) => t,
    lambda: (t) => -Math.log(t),
    inverse: (lambda) => Math.exp(-lambda),
    drift: () => 0,
    squaredDiffusion: (t) => 2 * t,
  });
};

export const karrasFamily = family<KarrasOptions>(
  {
    id: 'edm',
    description: 'EDM: the noise scale is the time',
    parameters: [
      {
        name: 'sigmaMin',
        kind: 'number',
        default: 0.002,
        description: 'smallest trained noise scale, above 0',
      },
      { name: 'sigmaMax', kind: 'number', default: 80, description: 'noise scale at the noise end' },
      classesParameter,
    ],
  },
  karras,
);
