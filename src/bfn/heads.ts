import { conversions } from '../denoiser/conversions.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { Bins } from './bins.js';
import {
  discretisedNormal,
  type DiscretisedNormal,
  type DiscretisedNormalOptions,
} from './discretised-normal.js';
import type { Head } from './head.js';
import type { Vector } from './laws.js';
import { logSoftmax } from './numeric.js';

/** Of a network that predicts noise; as the original code has them unless told. */
export interface NoiseOptions {
  /** Below this BFN time the prediction is 0 with deviation 1, whatever the network says; 1e-6. 0 switches it off. */
  readonly tMin?: number;
}

const requireFinite = (raw: Vector, outputs: number): void => {
  if (raw.length === 0 || raw.length % outputs !== 0) {
    throw new UsageError(`the network gave ${raw.length} numbers; accepted are ${outputs} a variable`);
  }
  for (let i = 0; i < raw.length; i++) {
    if (Number.isFinite(raw[i])) continue;
    throw new UsageError(`number ${i} of the network is ${raw[i]}; accepted are finite numbers`);
  }
};

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The network gives x_hat itself. */
export const dataHead = (): Head => ({
  id: 'data',
  outputs: 1,
  apply(raw) {
    requireFinite(raw, 1);
    return Float64Array.from(raw);
  },
  pullback: (_raw, _state, _moment, gradient) => Float64Array.from(gradient),
});

/**
 * The network gives the noise of the state: `x_hat = (mu - sigma eps_hat)/alpha = A - B eps_hat`, `A = mu/gamma`,
 * `B = sqrt((1 - gamma)/gamma)`, kept in `clip`, [-1, 1] unless told (`null`: as it is). Where the clip acts the gradient
 * is 0, as in the original code. (Graves et al. 2023, section 4; docs/bayesian-flow.md)
 */
export const noiseHead = ({
  tMin = 1e-6,
  clip = [-1, 1],
}: NoiseOptions & { readonly clip?: readonly [low: number, high: number] | null } = {}): Head => {
  const [low, high] = clip ?? [-Infinity, Infinity];
  const unclipped = (raw: Vector, mu: Vector, moment: Moment): Float64Array => {
    requireFinite(raw, 1);
    const { state, network } = conversions.noise(moment);
    return Float64Array.from(raw, (eps, i) => state * mu[i] + network * eps);
  };
  return {
    id: 'noise',
    outputs: 1,
    apply(raw, mu, moment) {
      if (moment.time < tMin || moment.alpha === 0) return new Float64Array(raw.length);
      return unclipped(raw, mu, moment).map((value) => clamp(value, low, high));
    },
    pullback(raw, mu, moment, gradient) {
      if (moment.time < tMin || moment.alpha === 0) return new Float64Array(raw.length);
      const { network } = conversions.noise(moment);
      return unclipped(raw, mu, moment).map((value, i) =>
        value > low && value < high ? network * gradient[i] : 0,
      );
    },
  };
};

export interface DiscretisedNormalHeadOptions extends DiscretisedNormalOptions, NoiseOptions {
  readonly bins: Bins;
  /** Whether the two numbers are `mu_eps` and `ln sd_eps` of the noise (the default) or `mu_x` and `ln sd_x` of the data. */
  readonly predicts?: 'noise' | 'data';
  /** Bounds of the logarithm of the network's deviation; -10 and 10. */
  readonly logDeviation?: readonly [low: number, high: number];
  /** Bounds of the deviation in data space, sd_x; 1e-3 and 10. */
  readonly deviation?: readonly [low: number, high: number];
}

/** A normal law of the data a variable, how it depends on the two raw numbers, and its bins. */
interface NormalOutput {
  readonly law: DiscretisedNormal;
  /** `d mu_x / d raw_0` and `d ln sd_x / d raw_1`. */
  readonly slopes: readonly [mean: number, logDeviation: number];
}

/**
 * The network gives a mean and the logarithm of a deviation of the noise; the output is the normal law
 * `mu_x = A - B mu_eps` (not clipped), `sd_x = B exp(ln sd_eps)`, discretised. (Graves et al. 2023, section 5; docs/bayesian-flow.md)
 */
export const discretisedNormalHead = (options: DiscretisedNormalHeadOptions): Head => {
  const { bins, predicts = 'noise', tMin = 1e-6, logDeviation = [-10, 10], deviation = [1e-3, 10] } = options;
  const outputOf = (raw: Vector, mu: Vector, moment: Moment, v: number): NormalOutput => {
    if (predicts === 'noise' && (moment.time < tMin || moment.alpha === 0)) {
      return { law: discretisedNormal(0, 1, bins, options), slopes: [0, 0] };
    }
    const { state, network } = conversions[predicts](moment);
    const exponent = clamp(raw[2 * v + 1], ...logDeviation);
    const wanted = Math.abs(network) * Math.exp(exponent);
    const spread = clamp(wanted, ...deviation);
    const free = exponent === raw[2 * v + 1] && spread === wanted;
    const mean = (state === 0 ? 0 : state * mu[v]) + network * raw[2 * v];
    return { law: discretisedNormal(mean, spread, bins, options), slopes: [network, Number(free)] };
  };
  return {
    id: `discretised-normal-${predicts}`,
    outputs: 2,
    classes: bins.count,
    apply(raw, mu, moment) {
      requireFinite(raw, 2);
      const out = new Float64Array((raw.length / 2) * bins.count);
      for (let v = 0; v < raw.length / 2; v++) {
        out.set(outputOf(raw, mu, moment, v).law.logProbabilities, v * bins.count);
      }
      return out;
    },
    pullback(raw, mu, moment, gradient) {
      requireFinite(raw, 2);
      const rows = Float64Array.from(gradient);
      const out = new Float64Array(raw.length);
      for (let v = 0; v < raw.length / 2; v++) {
        const { law, slopes } = outputOf(raw, mu, moment, v);
        const slope = law.pullback(rows.subarray(v * bins.count, (v + 1) * bins.count));
        out[2 * v] = slopes[0] * slope.mean;
        out[2 * v + 1] = slopes[1] * slope.logDeviation;
      }
      return out;
    },
  };
};

/** The network gives K logits a variable. */
export const softmaxHead = (classes: number): Head => ({
  id: 'softmax',
  outputs: classes,
  classes,
  apply(raw) {
    requireFinite(raw, classes);
    return logSoftmax(raw, classes);
  },
  pullback(raw, _state, _moment, gradient) {
    // d ln p_k / d l_j = [j = k] - p_j
    const out = logSoftmax(raw, classes);
    for (let from = 0; from < out.length; from += classes) {
      let total = 0;
      for (let k = 0; k < classes; k++) total += gradient[from + k];
      for (let k = 0; k < classes; k++) out[from + k] = gradient[from + k] - Math.exp(out[from + k]) * total;
    }
    return out;
  },
});

/**
 * Binary data, K = 2, in the convention of the released checkpoints: the network gives one logit a variable, and it is that of
 * class 1 (while what it sees, `binaryInput`, rises with class 0). (docs/bayesian-flow.md)
 */
export const binaryHead = (): Head => {
  const pair = (raw: Vector): Float64Array => {
    const logits = new Float64Array(2 * raw.length);
    for (let v = 0; v < raw.length; v++) logits[2 * v + 1] = raw[v];
    return logits;
  };
  const softmax = softmaxHead(2);
  return {
    id: 'binary',
    outputs: 1,
    classes: 2,
    apply(raw, state, moment) {
      requireFinite(raw, 1);
      return softmax.apply(pair(raw), state, moment);
    },
    pullback(raw, state, moment, gradient) {
      const both = softmax.pullback(pair(raw), state, moment, gradient);
      return Float64Array.from(raw, (_, v) => both[2 * v + 1]);
    },
  };
};
