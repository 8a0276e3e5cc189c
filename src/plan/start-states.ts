import { combineIn } from '../array/basis.js';
import { type Batch, type Precision, samplesOf, zeros } from '../array/batch.js';
import { normalsOfSamples } from '../array/host.js';
import { UsageError, requireWhole } from '../errors.js';
import { uniforms } from '../random/index.js';
import type { Plan } from './plan.js';
import { type DataMoments, type StartId, type StartLaw, startLaw } from './start.js';

/** Which samples a run draws, and from where. */
export interface RunOptions {
  /** A named law, a law, or the start states themselves, `[samples, ...sampleShape]`. */
  readonly start: StartId | StartLaw | Batch;
  /** Needed by the starts `moment-matched`, `full-covariance` and `symbol-frequencies`. */
  readonly moments?: DataMoments;
  /** How many, at least 1. */
  readonly samples: number;
  /** Non-negative whole number below 2^53. Default 0. */
  readonly seed?: number;
  /** Index of the first sample: samples 100 to 199 of a run are `{ firstSample: 100, samples: 100 }`. Default 0. */
  readonly firstSample?: number;
  /** How many samples run at a time; no result depends on it. Default 64. */
  readonly chunk?: number;
}

export const defaultChunk = 64;

/** The start states, where they are given. */
export const givenStates = ({ start }: RunOptions): Batch | undefined =>
  typeof start === 'object' && 'data' in start ? start : undefined;

/** Throws a `UsageError` for numbers that are none of samples and for start states of another shape. */
export const checkRun = (options: RunOptions, sampleShape: readonly number[]): void => {
  const { samples, seed = 0, firstSample = 0, chunk = defaultChunk } = options;
  requireWhole('samples', samples, 1);
  requireWhole('seed', seed, 0);
  requireWhole('firstSample', firstSample, 0);
  requireWhole('chunk', chunk, 1);
  const given = givenStates(options);
  const shape = [samples, ...sampleShape];
  if (given && given.shape.join() !== shape.join()) {
    throw new UsageError(
      `the start states have shape [${given.shape.join(', ')}]; [${shape.join(', ')}] is needed`,
    );
  }
};

/** The start states of the run's samples `from` to `to` (exclusive): given ones as they are, not to be written to. */
export const startStates = (
  options: RunOptions,
  at: Plan['start'],
  sampleShape: readonly number[],
  precision: Precision,
  from: number,
  to: number,
): Batch => {
  const { start, moments, seed = 0, firstSample = 0 } = options;
  const given = givenStates(options);
  if (given) return samplesOf(given, from, to);
  const law = typeof start === 'string' ? startLaw(start, at, moments) : (start as StartLaw);
  return drawStart(law, zeros([to - from, ...sampleShape], precision), seed, firstSample + from);
};

const drawStart = (law: StartLaw, out: Batch, seed: number, firstSample: number): Batch => {
  normalsOfSamples(out, { seed, firstSample, draw: 0 });
  const { mean, standardDeviation, basis, symbols } = law;
  const { data } = out;
  if (typeof standardDeviation !== 'number') {
    if (!basis) throw new UsageError('a start law with a standard deviation a component needs their basis');
    // white noise is white in every basis
    combineIn(basis, out, [{ coefficient: standardDeviation, array: data }]);
  }
  const scale = typeof standardDeviation === 'number' ? standardDeviation : 1;
  const size = data.length / out.shape[0];
  for (let i = 0; i < data.length; i++) {
    data[i] = (typeof mean === 'number' ? mean : mean[i % size]) + scale * data[i];
  }
  if (symbols) addSymbols(symbols, out, seed, firstSample);
  return out;
};

const addSymbols = (
  { probabilities, scale }: NonNullable<StartLaw['symbols']>,
  { shape, data }: Batch,
  seed: number,
  firstSample: number,
): void => {
  const classes = probabilities.length;
  if (shape[shape.length - 1] !== classes) {
    throw new UsageError(
      `the start is for ${classes} classes, and the states have shape [${shape.join(', ')}]`,
    );
  }
  const size = data.length / shape[0];
  const drawn = new Float64Array(size / classes);
  for (let at = 0, sample = firstSample; at < data.length; at += size, sample++) {
    uniforms(drawn, { seed, sample, draw: 0 });
    drawn.forEach((uniform, variable) => {
      const first = at + variable * classes;
      let chosen = 0;
      for (let left = uniform - probabilities[0]; left >= 0 && chosen < classes - 1;)
        left -= probabilities[++chosen];
      for (let k = 0; k < classes; k++) data[first + k] += scale * (k === chosen ? classes - 1 : -1);
    });
  }
};
