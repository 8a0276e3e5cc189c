import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { UsageError } from '../../src/errors.js';
import type { Metric, Mixture } from '../metric.js';
import { eachRow } from './distances.js';
import { meanDiscrepancy } from './mean-discrepancy.js';
import { type MeanOfNormal, meansOverTruth } from './means-over-truth.js';
import { lazy } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 7;

const bandwidthSamples = 1000;

/** The median distance of two true draws, over all pairs of 1000: the median heuristic, of the truth alone, so that it is the same for all samples. */
export const medianDistance = (mixture: Mixture): number => {
  const d = mixture.dimension;
  const rows = Float64Array.from(mixture.sample(bandwidthSamples, referenceSeed).data);
  const all = new Float64Array((bandwidthSamples * (bandwidthSamples - 1)) / 2);
  eachRow(rows, d, (i, distances) => all.set(distances.subarray(0, i), (i * (i - 1)) / 2));
  return all.sort()[Math.floor(all.length / 2)];
};

/**
 * From a difference m to `E exp(-|Z|²/(2 h²))` for Z normal of mean m and covariance S: with `C = S + h² I` that is
 * `sqrt(h^(2d)/|C|) exp(-m' C⁻¹ m/2)`, by the Cholesky root of C.
 */
const kernelMean =
  (h: number): MeanOfNormal =>
  (covariance) => {
    const d = covariance.length;
    const blurred = new Matrix(covariance.map((row) => Array.from(row))).add(Matrix.identity(d).mul(h * h));
    const root = new CholeskyDecomposition(blurred).lowerTriangularMatrix.to2DArray();
    const logScale = root.reduce((sum, row, i) => sum - Math.log(row[i] / h), 0);
    const solved = new Float64Array(d);
    return (mean) => {
      let square = 0;
      for (let i = 0; i < d; i++) {
        const row = root[i];
        let rest = mean[i];
        for (let j = 0; j < i; j++) rest -= row[j] * solved[j];
        solved[i] = rest / row[i];
        square += solved[i] * solved[i];
      }
      return Math.exp(logScale - square / 2);
    };
  };

/**
 * The unbiased squared maximum mean discrepancy with the Gaussian kernel `exp(-|x - y|²/(2 h²))`. The kernel is characteristic: it is 0
 * in the mean on the truth only, where a polynomial one sees some moments. It sees best what has the size of the bandwidth h, by
 * default the median distance of two true draws. Throws a `UsageError` unless the bandwidth is positive: the default is not where
 * the truth is a point.
 */
export const gaussianKernelDistance = (mixture: Mixture, bandwidth?: number): Metric => {
  const id = 'gaussian-kernel-distance';
  const width = lazy(() => {
    const h = bandwidth ?? medianDistance(mixture);
    if (h > 0 && h < Infinity) return h;
    throw new UsageError(`${id}: the bandwidth is ${h}; accepted are positive numbers`);
  });
  const means = lazy(() => meansOverTruth(mixture, kernelMean(width())));
  const between = (_: number, __: number, distance: number): number =>
    Math.exp(-((distance / width()) ** 2) / 2);
  return Object.freeze({
    id,
    unit: '',
    description:
      'squared maximum mean discrepancy with a Gaussian kernel as wide as the median distance of true samples, unbiased: 0 in the mean on the truth only',
    reference: 'Gretton et al. 2012',
    over: meanDiscrepancy(id, mixture.dimension, {
      between,
      toTruth: (x) => means().toTruth(x),
      withinTruth: () => means().withinTruth(),
    }),
  });
};
