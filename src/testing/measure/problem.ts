import { type TimeGrid, timeGrid } from '../../../solvers/grid.js';
import type { Moment } from '../../plan/denoiser.js';
import { variancePreserving } from '../../process/index.js';
import type { Process } from '../../process/process.js';

// The problems on which orders are measured: on a line, smooth, and such that no order is hidden by a symmetry.

/** A prediction as a function of `y = x/alpha` and half log-SNR lambda. */
export type Prediction = (y: number, lambda: number) => number;

/** Half log-SNRs between which all is measured. */
export const from = -1.5;
export const to = 2;

export const process: Process = variancePreserving({});

export const mixture = { weights: [0.4, 0.6], means: [-0.6, 0.7], variances: [0.09, 0.16] } as const;

/** `E[x_0 | y]` of the mixture: nonlinear, its second derivative nowhere small for long. */
export const ofMixture: Prediction = (y, lambda) => {
  const noise = Math.exp(-2 * lambda);
  let [total, sum] = [0, 0];
  for (let c = 0; c < 2; c++) {
    const variance = mixture.variances[c] + noise;
    const gap = y - mixture.means[c];
    const density = (mixture.weights[c] / Math.sqrt(variance)) * Math.exp((-gap * gap) / (2 * variance));
    total += density;
    sum += density * (mixture.means[c] + (mixture.variances[c] / variance) * gap);
  }
  return sum / total;
};

/**
 * The same, faded in with the sixth power of the way: constant to that order where a run starts. There every solver that is exact
 * for constant predictions is exact however it starts up, so what is measured is its order given exact history.
 */
export const fadedIn: Prediction = (y, lambda) => {
  const way = (lambda - from) / (to - from);
  return 0.2 + way ** 6 * (ofMixture(y, lambda) - 0.2);
};

/** As a plan calls it. */
export const called =
  (prediction: Prediction) =>
  (x: number, { alpha, sigma }: Moment): number =>
    prediction(x / alpha, Math.log(alpha / sigma));

const spacings = {
  lambda: [(lambda: number) => lambda, (value: number) => value],
  'e^lambda': [Math.exp, Math.log],
} as const;
export type Spacing = keyof typeof spacings;

/** Uniform in half log-SNR, in e^lambda, or in t. */
export const gridIn = (clock: Spacing | 't'): TimeGrid => {
  const [start, end] = [from, to].map(process.timeAtLambda);
  const times = (_: Process, steps: number): readonly number[] =>
    Array.from({ length: steps + 1 }, (_, i) => {
      if (i === 0) return start;
      if (i === steps) return end;
      if (clock === 't') return start + ((end - start) * i) / steps;
      const [forth, back] = spacings[clock];
      return process.timeAtLambda(back(forth(from) + ((forth(to) - forth(from)) * i) / steps));
    });
  return { ...timeGrid.uniform(), id: `uniform in ${clock}`, parameters: {}, end: () => end, times };
};
