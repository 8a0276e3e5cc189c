import { type Batch, type Floats, elements } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Moment } from './denoiser.js';

/** Discrete data as independent variables, each with these frequencies of the classes: the reference that a plan may ask at no call. */
export interface SymbolModel {
  /** One a class, from 0, of sum 1. */
  readonly probabilities: readonly number[];
}

/** Whether these are the probabilities of two classes at least: numbers from 0 whose sum is 1 to 1e-6. */
export const areProbabilities = (law: readonly number[]): boolean =>
  law.length >= 2 && law.every((p) => p >= 0) && Math.abs(law.reduce((sum, p) => sum + p, 0) - 1) <= 1e-6;

/**
 * kappa: a state `z = alpha (K e_x - 1) + sigma noise` has log-likelihood `kappa z_k` for class k, up to what k does not change.
 * `K alpha / sigma²`, which is 1 at every time of a discrete BFN (alpha = beta, sigma² = K beta). 0 where there is no
 * signal, Infinity where there is no noise. (docs/theory.md, section 6)
 */
export const classEvidence = ({ alpha, sigma }: Pick<Moment, 'alpha' | 'sigma'>, classes: number): number =>
  // divided twice, since sigma² may underflow where kappa does not
  alpha === 0 ? 0 : (classes * alpha) / sigma / sigma;

/**
 * Of one variable, whose K entries of x begin at `at`: writes `K e - 1` with `e = normalise(p exp(kappa x))` to the same entries of `out`,
 * computed in float64. `weights` is room for K numbers.
 */
export const writeSymbolPosterior = (
  law: readonly number[],
  kappa: number,
  x: Floats,
  at: number,
  out: Floats,
  weights: Float64Array,
): void => {
  const classes = law.length;
  let highest = -Infinity;
  for (let k = 0; k < classes; k++) if (law[k] > 0) highest = Math.max(highest, x[at + k]);
  let total = 0;
  for (let k = 0; k < classes; k++) {
    weights[k] = law[k] > 0 ? law[k] * Math.exp(kappa * (x[at + k] - highest)) : 0;
    total += weights[k];
  }
  for (let k = 0; k < classes; k++) out[at + k] = (classes * weights[k]) / total - 1;
};

/**
 * What the model predicts of the data of a state [n, ..., K] at a moment: `E[x_0 | x]`, each variable by itself. Where there is no noise
 * the state is the data, and the prediction is `x / alpha`. Throws a `UsageError` for states of another number of classes.
 */
export const predictSymbols = (
  { probabilities }: SymbolModel,
  { shape, data }: Batch,
  moment: Pick<Moment, 'alpha' | 'sigma'>,
  out: Batch,
): void => {
  const classes = probabilities.length;
  if (shape[shape.length - 1] !== classes) {
    throw new UsageError(
      `the reference of the plan has ${classes} classes, and the states have shape [${shape.join(', ')}]`,
    );
  }
  const kappa = classEvidence(moment, classes);
  if (kappa === Infinity) {
    for (let i = 0; i < data.length; i++) out.data[i] = data[i] / moment.alpha;
    return;
  }
  const weights = new Float64Array(classes);
  for (let at = 0; at < elements(shape); at += classes) {
    writeSymbolPosterior(probabilities, kappa, data, at, out.data, weights);
  }
};
