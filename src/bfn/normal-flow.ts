import { zeros, type Batch } from '../array/batch.js';
import { UsageError } from '../errors.js';
import { requireTau, type AccuracySchedule } from './accuracy.js';
import { makeBins, type Bins } from './bins.js';
import type { ContinuousFlow, DiscretisedFlow, NormalBelief, NormalFlow } from './flow.js';
import { mixtureLaw, normalLaw, requireAccuracy, requireLength, type Vector } from './laws.js';

const requireVariables = (variables: number): void => {
  if (Number.isSafeInteger(variables) && variables >= 1) return;
  throw new UsageError(`${variables} variables; accepted are whole numbers from 1`);
};

/** What continuous and discretised data share (Graves et al. 2023, section 4). */
const normalFlow = (schedule: AccuracySchedule, embed: (value: number, at: string) => number): NormalFlow => {
  // beta/(1 + beta), and its complement: as accurate as beta is
  const gamma = (tau: number): number => schedule.beta(tau) / (1 + schedule.beta(tau));
  const rest = (tau: number): number => 1 / (1 + schedule.beta(tau));
  return {
    schedule,
    process: schedule.process(),
    channels: 1,
    errorWeight: 1,
    moment(tau) {
      const beta = schedule.beta(tau);
      return { t: 1 - tau, alpha: gamma(tau), sigma: Math.sqrt(beta) * rest(tau), time: tau };
    },
    embed(data: Batch) {
      const out = zeros(data.shape, 'float64');
      for (let i = 0; i < out.data.length; i++) out.data[i] = embed(data.data[i], `data[${i}]`);
      return out;
    },
    prior(variables) {
      requireVariables(variables);
      return { mean: new Float64Array(variables), precision: 1 };
    },
    belief: (mean, tau) => ({ mean, precision: 1 + schedule.beta(tau) }),
    input: ({ mean, precision }) => normalLaw(mean, 1 / precision),
    sender(x, accuracy) {
      requireAccuracy(accuracy);
      return normalLaw(x, 1 / accuracy);
    },
    update({ mean, precision }, y, accuracy) {
      requireAccuracy(accuracy);
      requireLength('y', y, mean.length);
      const sharper = precision + accuracy;
      return {
        mean: Float64Array.from(mean, (m, i) => (precision * m + accuracy * y[i]) / sharper),
        precision: sharper,
      };
    },
    updateDistribution({ mean, precision }: NormalBelief, x: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      requireLength('x', x, mean.length);
      const sharper = precision + accuracy;
      return normalLaw(
        Float64Array.from(mean, (m, i) => (precision * m + accuracy * x[i]) / sharper),
        accuracy / sharper / sharper,
      );
    },
    flowDistribution(x, tau) {
      requireTau(tau);
      return normalLaw(
        Float64Array.from(x, (value) => gamma(tau) * value),
        gamma(tau) * rest(tau),
      );
    },
  };
};

const finite = (value: number, at: string): number => {
  if (Number.isFinite(value)) return value;
  throw new UsageError(`${at} is ${value}; accepted are finite numbers`);
};

/** Bayesian flow of continuous data, by convention in [-1, 1]; any finite value is accepted. The output distribution is a point. */
export const continuousFlow = (schedule: AccuracySchedule): ContinuousFlow =>
  Object.freeze({
    ...normalFlow(schedule, finite),
    kind: 'continuous' as const,
    receiver(prediction: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      return normalLaw(prediction, 1 / accuracy);
    },
  });

/** Bayesian flow of data in [-1, 1] that are rounded to the centres of bins (K of them, or as made by `makeBins`). */
export const discretisedFlow = (schedule: AccuracySchedule, binning: number | Bins): DiscretisedFlow => {
  const bins = typeof binning === 'number' ? makeBins(binning) : binning;
  const centres = Array.from(bins.centres, (centre) => [centre]);
  return Object.freeze({
    ...normalFlow(schedule, (value, at) => {
      if (value >= -1 && value <= 1) return bins.centres[bins.index(value)];
      throw new UsageError(`${at} is ${value}; accepted are numbers from -1 to 1`);
    }),
    kind: 'discretised' as const,
    bins,
    receiver(logProbabilities: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      return mixtureLaw(logProbabilities, centres, 1 / accuracy);
    },
  });
};
