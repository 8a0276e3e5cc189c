import { readDigits } from '../../src/data/digits.js';
import { readMnist } from '../../src/data/mnist.js';
import { type FitOptions, type MixtureFit, fitGaussianMixture } from '../../src/denoiser/em.js';
import { type GaussianMixture, gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import type { Problem } from '../problem.js';
import { mixtureProblem } from './vectors.js';

export interface DigitsOptions {
  readonly components: number;
  readonly seed: number;
  readonly sigma1: number;
  /** The digits that the mixture is fitted to: one, as in `3`, or a range, `0-4`. */
  readonly classes: string;
  /** What the digit is known to be. */
  readonly given?: number;
}

export interface MnistOptions extends DigitsOptions {
  readonly side: number;
}

interface Labelled {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

const rangeOf = (id: string, classes: string): readonly [from: number, to: number] => {
  const [, first = '', last = first] = /^(\d)(?:-(\d))?$/.exec(classes) ?? [];
  if (first !== '' && first <= last) return [Number(first), Number(last)];
  throw new UsageError(
    `problem "${id}": classes = ${classes} is not accepted; give a digit or a range of them, as in 0-4`,
  );
};

/** The images of some digits. */
const ofClasses = (
  { images, labels }: Labelled,
  pixels: number,
  [from, to]: readonly [number, number],
): Labelled => {
  const kept = [...labels.keys()].filter((i) => labels[i] >= from && labels[i] <= to);
  const rows = new Float32Array(kept.length * pixels);
  kept.forEach((i, at) => rows.set(images.subarray(i * pixels, (i + 1) * pixels), at * pixels));
  return { images: rows, labels: Uint8Array.from(kept, (i) => labels[i]) };
};

/**
 * The law of an image given its digit, where `p(digit | component)` is the digit's part of what the component owns: the same
 * components, by the weights `w_c p(digit | c)`.
 */
const givenClass = (
  { parameters, shares }: MixtureFit,
  labels: Uint8Array,
  digit: number,
): GaussianMixture => {
  const { weights, means, covariances } = parameters;
  const joint = weights.map((_, c) => {
    let owned = 0;
    labels.forEach((label, i) => (owned += label === digit ? shares[i * weights.length + c] : 0));
    return owned;
  });
  const total = joint.reduce((a, b) => a + b, 0);
  // what rounding left of a share is none
  const kept = [...joint.keys()].filter((c) => joint[c] > 1e-9 * total);
  const sum = kept.reduce((part, c) => part + joint[c], 0);
  return gaussianMixture({
    weights: kept.map((c) => joint[c] / sum),
    means: kept.map((c) => means[c]),
    covariances: kept.map((c) => covariances[c]) as typeof covariances,
  });
};

/** Labelled square images as a mixture of Gaussians, or one digit of them. */
const imageProblem = (
  id: string,
  data: Labelled,
  side: number,
  options: DigitsOptions,
  fitting: Partial<FitOptions> = {},
): Problem => {
  const { classes, given, sigma1 } = options;
  const pixels = side ** 2;
  const range = rangeOf(id, classes);
  if (given !== undefined && !(Number.isInteger(given) && given >= range[0] && given <= range[1])) {
    throw new UsageError(`problem "${id}": given = ${given} is not accepted; classes are ${classes}`);
  }
  const { images, labels } = ofClasses(data, pixels, range);
  const fit = fitGaussianMixture(images, pixels, { ...options, ...fitting });
  const all = gaussianMixture(fit.parameters);
  const mixture = given === undefined ? all : givenClass(fit, labels, given);
  return {
    ...mixtureProblem(id, { ...options }, mixture, sigma1, { kind: 'picture', width: side, height: side }),
    ...(given === undefined ? {} : { unconditional: all }),
  };
};

/** 8x8 handwritten digits (UCI, as scikit-learn ships them), as a mixture of Gaussians fitted by EM. `sigma1` .001 is CIFAR-10's (Graves et al. 2023). */
export const digits = async (options: DigitsOptions): Promise<Problem> =>
  imageProblem('digits', await readDigits(), 8, options);

/** MNIST at 14x14 pixels, or 7x7. The components are found in the first 20 principal components, which takes seconds instead of minutes. */
export const mnist = async (options: MnistOptions): Promise<Problem> =>
  imageProblem('mnist', await readMnist(options.side), options.side, options, {
    subspace: 20,
    tolerance: 1e-3,
  });
