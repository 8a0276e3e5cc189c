import { nodeAt } from '../../solvers/step.js';
import { type StartLaw, startLaw } from '../../src/plan/start.js';
import type { Plan } from '../../src/plan/plan.js';
import type { DataMoments } from '../../src/plan/start.js';
import { type Check, check } from './check.js';
import { anyMixture, anyProcess, timeWithin, wholeBetween } from './instances.js';
import { scalarOf } from '../../src/plan/components.js';

type Start = (at: Plan['start'], moments: DataMoments) => StartLaw;

const matched: Start = (at, moments) => startLaw('moment-matched', at, moments);

const closestGaussian = check<Start>({
  name: 'moment-matched-start',
  statement:
    'N(alpha E[x_0], sigma² + alpha² tr Cov(x_0)/d) is the isotropic Gaussian of least KL(law of x_t || Gaussian): the slope of KL is 0',
  source: 'docs/theory.md, section 3',
  method: 'moments',
  tolerance: 1e-9,
  formula: matched,
  planted: {
    'zero-mean': (at, moments) => startLaw('zero-mean', at, moments),
    'the variance without sigma²': (at, moments) => ({
      ...matched(at, moments),
      standardDeviation: at.alpha * Math.sqrt(moments.variance),
    }),
  },
  residual(formula, random) {
    const mixture = anyMixture(random, wholeBetween(random, 1, 4));
    const process = anyProcess(random);
    const moment = nodeAt(process, timeWithin(random, process));
    const { alpha, sigma } = moment;
    const { dimension: d, mean, covariance } = mixture;
    const trace = covariance.reduce((sum, row, i) => sum + row[i], 0);
    const law = formula({ ...moment, register: 'x0', atNoiseEnd: false }, { mean, variance: trace / d });
    const m = mean.map((_, j) => (typeof law.mean === 'number' ? law.mean : law.mean[j]));
    // KL = const + (d/2) ln v + (tr C + |M - m|²)/(2v), in units of v
    const v = scalarOf(law.standardDeviation) ** 2;
    const distance = mean.reduce((sum, value, j) => sum + (alpha * value - m[j]) ** 2, 0);
    const bySpread = d / 2 - (d * sigma ** 2 + alpha ** 2 * trace + distance) / (2 * v);
    return Math.max(Math.abs(bySpread), Math.sqrt(distance / v));
  },
});

export const startChecks: readonly Check[] = [closestGaussian];
