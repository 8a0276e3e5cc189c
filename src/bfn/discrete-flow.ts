import { zeros, type Batch } from '../array/batch.js';
import { UsageError, requireWhole } from '../errors.js';
import { requireTau, type AccuracySchedule } from './accuracy.js';
import type { DiscreteFlow } from './flow.js';
import { mixtureLaw, normalLaw, requireAccuracy, requireLength, type Vector } from './laws.js';
import { logSoftmax } from './numeric.js';

/** `scale (K e_x - 1)`, a class index a variable. */
const oneHot = (x: Vector, classes: number, scale: number): Float64Array => {
  const out = new Float64Array(x.length * classes).fill(-scale);
  for (let v = 0; v < x.length; v++) {
    if (!(Number.isInteger(x[v]) && x[v] >= 0 && x[v] < classes)) {
      throw new UsageError(
        `data[${v}] is ${x[v]}; accepted are class indices, whole numbers from 0 to ${classes - 1}`,
      );
    }
    out[v * classes + x[v]] = (classes - 1) * scale;
  }
  return out;
};

const requireLogits = (z: Vector, classes: number): void => {
  if (z.length > 0 && z.length % classes === 0) return;
  throw new UsageError(`${z.length} logits; accepted are ${classes} a variable`);
};

/**
 * `ln p_F` on the simplex: with `w_j = ln(theta_j/theta_K)` normal of mean `beta K ([j = x] - [K = x])` and covariance
 * `K beta (I + 1 1^T)`, whose determinant is `(K beta)^(K-1) K`, the density is `N(w) / prod theta`.
 */
const logisticNormal = (theta: Vector, x: number, classes: number, beta: number): number => {
  const scale = classes * beta;
  let [squares, sum, logs] = [0, 0, Math.log(theta[classes - 1])];
  for (let j = 0; j < classes - 1; j++) {
    const mean = scale * (Number(j === x) - Number(classes - 1 === x));
    const w = Math.log(theta[j]) - Math.log(theta[classes - 1]) - mean;
    squares += w * w;
    sum += w;
    logs += Math.log(theta[j]);
  }
  // (I + 1 1^T)^-1 = I - 1 1^T / K
  const quadratic = (squares - (sum * sum) / classes) / scale;
  return -(quadratic + (classes - 1) * Math.log(2 * Math.PI * scale) + Math.log(classes)) / 2 - logs;
};

/**
 * Bayesian flow of discrete data with K classes (Graves et al. 2023, section 6), in the log domain throughout. Throws a
 * `UsageError` unless K is a whole number from 2.
 */
export const discreteFlow = (schedule: AccuracySchedule, classes: number): DiscreteFlow => {
  requireWhole('the number of classes', classes, 2);
  const means = Array.from({ length: classes }, (_, k) => oneHot([k], classes, 1));
  return Object.freeze({
    kind: 'discrete' as const,
    classes,
    schedule,
    process: schedule.process(classes),
    channels: classes,
    errorWeight: 1 / classes,
    moment(tau: number) {
      const beta = schedule.beta(tau);
      return { t: 1 - tau, alpha: beta, sigma: Math.sqrt(classes * beta), time: tau };
    },
    embed(data: Batch) {
      const out = zeros([...data.shape, classes], 'float64');
      out.data.set(oneHot(data.data, classes, 1));
      return out;
    },
    prior(variables: number) {
      requireWhole('variables', variables, 1);
      return new Float64Array(variables * classes);
    },
    input(z: Vector) {
      requireLogits(z, classes);
      return logSoftmax(z, classes).map(Math.exp);
    },
    sender(x: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      return normalLaw(oneHot(x, classes, accuracy), accuracy * classes);
    },
    receiver(logProbabilities: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      const centres = means.map((mean) => mean.map((value) => accuracy * value));
      return mixtureLaw(logProbabilities, centres, accuracy * classes);
    },
    update(z: Vector, y: Vector) {
      requireLogits(z, classes);
      requireLength('y', y, z.length);
      return Float64Array.from(z, (value, i) => value + y[i]);
    },
    updateDistribution(z: Vector, x: Vector, accuracy: number) {
      requireAccuracy(accuracy);
      requireLength('z', z, x.length * classes);
      const drift = oneHot(x, classes, accuracy);
      return normalLaw(
        drift.map((value, i) => z[i] + value),
        accuracy * classes,
      );
    },
    flowDistribution(x: Vector, tau: number) {
      requireTau(tau);
      return normalLaw(oneHot(x, classes, schedule.beta(tau)), classes * schedule.beta(tau));
    },
    simplexLogDensity(theta: Vector, x: number, tau: number) {
      requireLength('theta', theta, classes);
      oneHot([x], classes, 1); // checks x
      const point = Array.from(theta);
      const total = point.reduce((sum, p) => sum + p, 0);
      if (!(point.every((p) => p > 0) && Math.abs(total - 1) <= 1e-6)) {
        throw new UsageError(
          `theta is [${point.join(', ')}]; accepted are ${classes} numbers above 0 that sum to 1`,
        );
      }
      const beta = schedule.beta(tau);
      if (beta === 0) {
        throw new UsageError(
          `at tau = ${tau} the flow distribution is a point; accepted are times with an accuracy above 0`,
        );
      }
      return logisticNormal(point, x, classes, beta);
    },
  });
};
