import { defaultEta } from '../../solvers/grid.js';
import { nodeAt } from '../../solvers/step.js';
import { type Batch, elements, zeros } from '../array/batch.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Denoiser, Moment } from '../plan/denoiser.js';
import { type DataMoments, type StartId, type StartLaw, startLaw } from '../plan/start.js';
import type { Process } from '../process/process.js';
import { type Divergence, checkDivergence, coordinateDivergence } from './likelihood-divergence.js';
import { type Point, integrate } from './likelihood-integrator.js';
import { gaussianAlong } from './gaussian-along.js';

/** A law whose noisy marginals are known, such as a `gaussianMixture`: `ln p(x)` in nats a sample, [n]. */
export interface MarginalLaw {
  logDensity(x: Batch, moment: Moment): ArrayLike<number>;
}

export interface OdeLikelihoodOptions {
  readonly process: Process;
  readonly denoiser: Denoiser;
  /** The time of the states. Default: the data end, which needs sigma > 0 there. */
  readonly time?: number;
  /** Truncation of the noise end, as in a time grid. Default: `defaultEta`. */
  readonly eta?: number;
  /** What holds at the noise end: the true law there, or a Gaussian for it, as a sampler starts from. Default `zero-mean`. */
  readonly noiseLaw?: MarginalLaw | StartId | StartLaw;
  /** Needed by `moment-matched`. */
  readonly moments?: DataMoments;
  /** How the divergence of the denoiser is had. Default: `coordinateDivergence`, for low dimensions. */
  readonly divergence?: Divergence;
  /** Of a step, for each coordinate in units of its size at unit variance, and for ln p in nats. Default 1e-7. */
  readonly tolerance?: number;
  /** How many samples are integrated side by side; no result depends on it. Default 64. */
  readonly chunk?: number;
}

export interface OdeLikelihood {
  /** `ln p(x)`, nats a sample (not a dimension), [n]. */
  readonly values: Float64Array;
  /** Of the estimate of the divergence, [n]; 0 where that is exact. */
  readonly standardErrors: Float64Array;
  /** Where the states are: the density is that of `x_t = alpha x_0 + sigma noise` there, and the data's own only if alpha = 1 and sigma = 0. */
  readonly moment: Moment;
  /** Where the flow is held against a law, and which. */
  readonly noiseEnd: { readonly moment: Moment; readonly law: 'true law' | 'start law' };
  /** The same in words. */
  readonly statement: string;
  /** Steps of the integrator, [n]. */
  readonly steps: readonly number[];
}

/**
 * Log-likelihood by the probability-flow ODE and the instantaneous change of variables, `d ln p/dt = -div` (Chen et al. 2018; Song et
 * al. 2021, equation 39). With `r² = alpha² + sigma²`, the state `u = x/r` of unit scale and half log-SNR as the clock it is
 *
 *     du/dlambda = (alpha/r) (D - (alpha/r) u),    d ln p(u)/dlambda = d alpha²/r² - alpha div D
 *
 * for every process (docs/theory.md, section 4), run from the states to the noise end. States are [n, ...sampleShape]. What is
 * found is the likelihood of the *marginal* at `time`: on BFN, which ends at a finite signal-to-noise ratio, not quite the law
 * of the data; on discrete data that of the logits z. `statement` says so.
 *
 * Throws a `UsageError` for a time or truncation outside the process, or sigma = 0 at the time; a `DivergedError` for a path that is lost.
 */
export const odeLogLikelihood = async (x: Batch, options: OdeLikelihoodOptions): Promise<OdeLikelihood> => {
  const { process, denoiser, tolerance = 1e-7, chunk = 64 } = options;
  requireWhole('chunk', chunk, 1);
  const n = x.shape[0];
  const { sampleShape } = denoiser;
  if (x.shape.slice(1).join() !== sampleShape.join() || x.data.length !== elements(x.shape)) {
    throw new UsageError(
      `the states are [${x.shape.join(', ')}]; accepted is [n, ${sampleShape.join(', ')}]`,
    );
  }
  if (!(tolerance > 0 && tolerance < 1)) {
    throw new UsageError(`the tolerance is ${tolerance}; accepted are numbers between 0 and 1`);
  }
  const ends = endsOf(options);
  const law = lawOf(options, ends.noise);
  const divergence = options.divergence ?? coordinateDivergence(denoiser);
  const values = new Float64Array(n);
  const standardErrors = new Float64Array(n);
  const steps: number[] = [];
  for (let from = 0; from < n; from += chunk) {
    const flow = await flowOf(x, from, Math.min(n, from + chunk), options, ends, divergence);
    const atNoise = law.logDensity(flow.states, ends.noise);
    flow.changes.forEach((changes, i) => {
      const { mean, standardError } = summary(changes);
      values[from + i] = atNoise[i] + mean;
      standardErrors[from + i] = standardError;
    });
    steps.push(...flow.steps);
  }
  const kind = 'known' in law ? 'true law' : 'start law';
  return {
    values,
    standardErrors,
    moment: ends.data,
    noiseEnd: { moment: ends.noise, law: kind },
    statement: statementOf(process, ends, kind),
    steps,
  };
};

interface FlowEnds {
  readonly data: Moment;
  readonly noise: Moment;
}

const endsOf = ({
  process,
  time = process.dataEnd,
  eta = defaultEta(process),
}: OdeLikelihoodOptions): FlowEnds => {
  const { id, dataEnd, noiseEnd } = process;
  if (!(eta >= 0 && eta < 1)) throw new UsageError(`eta is ${eta}; it must be in [0, 1)`);
  const start = noiseEnd - eta * (noiseEnd - dataEnd);
  if (!(time >= dataEnd && time < start)) {
    throw new UsageError(`the time of the states is ${time}; on ${id} it must be in [${dataEnd}, ${start})`);
  }
  if (process.lambda(time) === Infinity) {
    throw new UsageError(
      `${id} has no noise at t = ${time}, and no density can be carried from there; give a later time, such as ${process.smallestTime ?? (start - dataEnd) / 1000}`,
    );
  }
  if (process.lambda(start) === -Infinity) {
    throw new UsageError(`${id} has no signal at its noise end; give eta > 0`);
  }
  return { data: nodeAt(process, time), noise: nodeAt(process, start) };
};

const isMarginalLaw = (law: MarginalLaw | StartLaw): law is MarginalLaw => 'logDensity' in law;

/** The law at the noise end as one that has a density; `known` marks the true one. */
const lawOf = (
  { process, noiseLaw = 'zero-mean', moments }: OdeLikelihoodOptions,
  noise: Moment,
): MarginalLaw & { readonly known?: true } => {
  const at = { ...noise, register: 'x', atNoiseEnd: noise.t === process.noiseEnd };
  const law = typeof noiseLaw === 'string' ? startLaw(noiseLaw, at, moments) : noiseLaw;
  if (isMarginalLaw(law)) return { logDensity: (x, moment) => law.logDensity(x, moment), known: true };
  return gaussianLaw(law);
};

const gaussianLaw = ({ mean, standardDeviation, basis, symbols }: StartLaw): MarginalLaw => {
  if (symbols)
    throw new UsageError('the start "symbol-frequencies" is no Gaussian, and its density is not known here');
  if (typeof standardDeviation !== 'number') {
    if (!basis) throw new UsageError('a start law with a standard deviation a component needs their basis');
    return gaussianAlong(basis, standardDeviation, mean);
  }
  return {
    logDensity: ({ shape, data }) => {
      const size = data.length / shape[0];
      const out = new Float64Array(shape[0]).fill(
        -size * Math.log(Math.sqrt(2 * Math.PI) * standardDeviation),
      );
      data.forEach((value, i) => {
        const centre = typeof mean === 'number' ? mean : mean[i % size];
        out[Math.floor(i / size)] -= ((value - centre) / standardDeviation) ** 2 / 2;
      });
      return out;
    },
  };
};

/** Samples `from` to `to` carried to the noise end: the states there, and for each sample the estimates of `ln p(x) - ln p(state)`. */
const flowOf = async (
  x: Batch,
  from: number,
  to: number,
  { process, denoiser, tolerance = 1e-7 }: OdeLikelihoodOptions,
  ends: FlowEnds,
  divergence: Divergence,
) => {
  const size = elements(denoiser.sampleShape);
  const scale = ({ alpha, sigma }: Moment): number => Math.hypot(alpha, sigma);
  const batchOf = (rows: readonly Float64Array[], moments: readonly Moment[]): Batch => {
    const batch = zeros([rows.length, ...denoiser.sampleShape], 'float64');
    rows.forEach((row, i) => {
      const r = scale(moments[i]);
      for (let j = 0; j < size; j++) batch.data[i * size + j] = r * row[j];
    });
    return batch;
  };
  /** Slopes of u, and of the estimates of ln p(u). */
  const slopes = async (points: readonly Point[]): Promise<Float64Array[]> => {
    const moments = points.map(({ time }) => nodeAt(process, process.timeAtLambda(time)));
    const states = batchOf(
      points.map(({ state }) => state),
      moments,
    );
    const prediction = await denoiser.predict(states, moments);
    const traces = checkDivergence(
      await divergence.at(
        states,
        moments,
        prediction,
        points.map(({ path }) => from + path),
      ),
      points.length * divergence.estimates,
    );
    return points.map(({ state }, i) => {
      const share = moments[i].alpha / scale(moments[i]);
      return state.map((value, j) =>
        j < size
          ? share * (prediction.data[i * size + j] - share * value)
          : size * share ** 2 - moments[i].alpha * traces[i * divergence.estimates + j - size],
      );
    });
  };
  const start = Array.from({ length: to - from }, (_, i) => {
    const state = new Float64Array(size + divergence.estimates);
    const row = x.data.subarray((from + i) * size, (from + i + 1) * size);
    state.set(row);
    for (let j = 0; j < size; j++) state[j] /= scale(ends.data);
    return state;
  });
  const { states, steps } = await integrate(start, {
    from: process.lambda(ends.data.t),
    to: process.lambda(ends.noise.t),
    slopes,
    errorSize: (error, state) => {
      let largest = Math.abs(summary(error.subarray(size)).mean);
      for (let j = 0; j < size; j++) {
        largest = Math.max(largest, Math.abs(error[j]) / (1 + Math.abs(state[j])));
      }
      return largest / tolerance;
    },
  });
  // ln p(u) grew by this along the path; and p(x) = p(u)/r^d at both ends
  const rescaling = size * Math.log(scale(ends.noise) / scale(ends.data));
  return {
    states: batchOf(
      states,
      states.map(() => ends.noise),
    ),
    changes: states.map((state) => state.subarray(size).map((growth) => rescaling - growth)),
    steps,
  };
};

const summary = (values: Float64Array): { mean: number; standardError: number } => {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, standardError: 0 };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
};

const statementOf = (process: Process, { data, noise }: FlowEnds, law: string): string => {
  const ofData = data.alpha === 1 && data.sigma === 0;
  const scales = `alpha = ${data.alpha.toPrecision(6)}, sigma = ${data.sigma.toPrecision(6)}`;
  const what = process.classes === undefined ? 'the marginal' : 'the logits z';
  return `density of ${what} at t = ${data.t} of ${process.id} (${scales})${ofData ? '' : ', not of the data'}; the ${law} at t = ${noise.t}`;
};
