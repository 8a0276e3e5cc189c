import { type Check, check } from './check.js';
import { logBetween, wholeBetween } from './instances.js';

/** Mean of entry k and covariance of entries k and j. */
type Moments = (
  k: number,
  j: number,
  x: number,
  classes: number,
  accuracy: number,
) => readonly [number, number];

/** The sender of discrete data as a limit of many weak observations. */
const senderOrigin = check<Moments>({
  name: 'discrete-sender-origin',
  statement:
    'log-likelihood ratios of m draws from (1 - w)/K + w [k = x], m w² = alpha, have as m grows the mean alpha (K e_x - 1) and ' +
    'the covariance alpha (K I - 1 1^T): the sender up to the direction that softmax does not see',
  source: 'Graves et al. 2023, section 6 (sender)',
  method: 'moments',
  tolerance: 1e-4,
  formula: (k, j, x, classes, accuracy) => [
    accuracy * (classes * Number(k === x) - 1),
    accuracy * (classes * Number(k === j) - 1),
  ],
  planted: {
    'mean alpha K e_x': (k, j, x, classes, accuracy) => [
      accuracy * classes * Number(k === x),
      accuracy * (classes * Number(k === j) - 1),
    ],
    'covariance alpha K I': (k, j, x, classes, accuracy) => [
      accuracy * (classes * Number(k === x) - 1),
      accuracy * classes * Number(k === j),
    ],
  },
  residual(formula, random) {
    const classes = wholeBetween(random, 2, 27);
    const accuracy = logBetween(random, 0.05, 20);
    const x = random.integer(classes);
    const [k, j] = [random.integer(classes), random.integer(classes)];
    const w = 1e-6;
    const draws = accuracy / w ** 2;
    const ratio = Math.log1p((w * classes) / (1 - w)); // of the likelihoods of class k and of all others, for one draw of k
    const probability = (of: number): number => (1 - w) / classes + w * Number(of === x);
    const mean = draws * w * (Number(k === x) - 1 / classes) * ratio; // of counts less their uniform share
    const covariance = draws * probability(k) * (Number(k === j) - probability(j)) * ratio ** 2; // multinomial
    const [wantedMean, wantedCovariance] = formula(k, j, x, classes, accuracy);
    const size = accuracy * classes;
    return Math.max(Math.abs(mean - wantedMean), Math.abs(covariance - wantedCovariance)) / size;
  },
});

export const senderChecks: readonly Check[] = [senderOrigin];
