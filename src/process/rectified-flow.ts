import { requireClasses } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import type { Process } from './process.js';

/**
 * Rectified flow as a linear SDE: `alpha = 1 - t`, `sigma = t` (Liu et al. 2023; here t = 1 is the noise, as in
 * Esser et al. 2024). At the noise end the drift is -Infinity, the squared diffusion and `sigma²/alpha` are Infinity.
 */
export const rectifiedFlow = ({ classes }: ClassesOption = {}): Process => {
  requireClasses('rectified-flow', classes);
  return defineProcess({
    id: 'rectified-flow',
    parameters: { classes },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: (t) => 1 - t,
    sigma: (t) => t,
    lambda: (t) => Math.log1p(-t) - Math.log(t),
    inverse: (lambda) => 1 / (1 + Math.exp(lambda)),
    drift: (t) => -1 / (1 - t),
    squaredDiffusion: (t) => (2 * t) / (1 - t),
  });
};

export const rectifiedFlowFamily = family<ClassesOption>(
  {
    id: 'rectified-flow',
    description: 'rectified flow: a straight line from data to noise',
    parameters: [classesParameter],
  },
  rectifiedFlow,
);
