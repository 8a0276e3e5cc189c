import type { Clock } from '../../../solvers/exponential-multistep.js';
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

/** A nonlinear prediction that varies in y and lambda at all noise levels alike. */
const lively: Prediction = (y, lambda) => Math.tanh(y * Math.exp(lambda / 2) + lambda);

/**
 * Faded in with the sixth power of the way: constant to that order where a run starts. There every solver that is exact for constant
 * predictions is exact however it starts up, so what is measured is its order given exact history.
 */
export const fadedIn: Prediction = (y, lambda) => {
  const way = (lambda - from) / (to - from);
  return 0.2 + way ** 6 * lively(y, lambda);
};

/** Faded out: liveliest where a run starts, so that the error of its start is not hidden behind that of its end, whatever the clock. */
export const fadedOut: Prediction = (y, lambda) => {
  const rest = (to - lambda) / (to - from);
  return 0.2 + rest ** 6 * lively(y, lambda);
};

/** As a plan calls it. */
export const called =
  (prediction: Prediction) =>
  (x: number, { alpha, sigma }: Moment): number =>
    prediction(x / alpha, Math.log(alpha / sigma));

/** The half log-SNR between the ends at which a clock shows `value`, by bisection. */
const lambdaAt = (clock: Clock, value: number): number => {
  let [low, high] = [from, to];
  const rising = clock.of(high, process) > clock.of(low, process);
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (clock.of(middle, process) < value === rising) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

const known = new Map<string, readonly number[]>();

/** Uniform in a clock. */
export const gridIn = (clock: Clock): TimeGrid => {
  const [start, end] = [from, to].map(process.timeAtLambda);
  const times = (_: Process, steps: number): readonly number[] => {
    const [first, last] = [from, to].map((lambda) => clock.of(lambda, process));
    const inside = Array.from({ length: steps - 1 }, (_, i) =>
      process.timeAtLambda(lambdaAt(clock, first + ((last - first) * (i + 1)) / steps)),
    );
    return [start, ...inside, end];
  };
  const once = (on: Process, steps: number): readonly number[] => {
    const key = `${clock.id} ${steps}`;
    const found = known.get(key) ?? times(on, steps);
    known.set(key, found);
    return found;
  };
  return { ...timeGrid.uniform(), id: `uniform in ${clock.id}`, parameters: {}, end: () => end, times: once };
};
