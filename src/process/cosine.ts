import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import type { Process } from './process.js';

export interface CosineOptions extends ClassesOption {
  /** Moves the start of the cosine, so that the first steps add some noise; 0.008 if not given. */
  readonly offset?: number;
}

/**
 * The variance preserving cosine schedule: `alpha = cos(theta)/cos(theta_0)` with
 * `theta = (t + offset)/(1 + offset) · pi/2` (Nichol & Dhariwal 2021, equation 17), not clipped: at the noise end
 * alpha is 0, the drift is -Infinity and the squared diffusion Infinity. Throws a `UsageError` unless 0 <= offset <= 1.
 */
export const cosine = ({ offset = 0.008, classes }: CosineOptions = {}): Process => {
  requireNumber('vp-cosine', 'offset', offset, 'a number from 0 to 1', (o) => o >= 0 && o <= 1);
  requireClasses('vp-cosine', classes);
  const pace = Math.PI / 2 / (1 + offset);
  // Angles are measured from whichever end is nearer: theta = pace (t + offset) = pi/2 - pace (1 - t).
  const cosTheta = (t: number): number => Math.sin(pace * (1 - t));
  const tanTheta = (t: number): number =>
    t + offset < 1 - t ? Math.tan(pace * (t + offset)) : 1 / Math.tan(pace * (1 - t));
  const cos0 = cosTheta(0);
  const sin0 = Math.sin(pace * offset);
  const tan0 = sin0 / cos0;
  // cos² theta_0 - cos² theta = sin(theta - theta_0) sin(theta + theta_0), without the cancellation
  const noise = (t: number): number =>
    Math.sqrt(Math.sin(pace * t) * Math.sin(pace * Math.min(t + 2 * offset, 2 - t)));
  return defineProcess({
    id: 'vp-cosine',
    parameters: { offset, classes },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: (t) => cosTheta(t) / cos0,
    sigma: (t) => noise(t) / cos0,
    lambda: (t) => Math.log(cosTheta(t) / noise(t)),
    inverse: (lambda) => {
      // tan² theta = tan² theta_0 + e^(-2 lambda)/cos² theta_0
      const noiseOverSignal = Math.exp(-lambda) / cos0;
      const tan = Math.hypot(tan0, noiseOverSignal);
      if (tan > 1) return 1 - Math.atan(1 / tan) / pace;
      if (noiseOverSignal === 0) return 0;
      // tan(theta - theta_0), without the cancellation
      const fromStart = (noiseOverSignal * (noiseOverSignal / (tan + tan0))) / (1 + tan * tan0);
      return Math.atan(fromStart) / pace;
    },
    drift: (t) => -pace * tanTheta(t),
    squaredDiffusion: (t) => 2 * pace * tanTheta(t),
  });
};

export const cosineFamily = family<CosineOptions>(
  {
    id: 'vp-cosine',
    description: 'variance preserving diffusion with the cosine schedule',
    parameters: [
      {
        name: 'offset',
        kind: 'number',
        default: 0.008,
        description: 'moves the start of the cosine, 0 to 1',
      },
      classesParameter,
    ],
  },
  cosine,
);
