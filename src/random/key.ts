import { UsageError } from '../errors.js';
import type { PhiloxKey } from './philox.js';

/** What a random number is a function of, beside its coordinate. */
export interface NoiseKey {
  /** Non-negative integer below 2^53. */
  readonly seed: number;
  /** Index of the sample in the whole run, not in the batch at hand. Non-negative integer below 2^32. */
  readonly sample: number;
  /** Which draw of that sample; 0 is the start. Non-negative integer below 2^32. */
  readonly draw: number;
}

/** The last word of a counter: keeps apart what shares all else. */
export const purpose = { normals: 0, uniforms: 1, stream: 2, name: 3, path: 4, order: 5 } as const;

const check = (name: string, value: number, bits: number): void => {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return;
  throw new UsageError(`${name} ${value}: accepted are integers from 0 to 2^${bits} - 1`);
};

/** The two key words of a seed. Throws a `UsageError` unless it is an integer in [0, 2^53). */
export const keyOfSeed = (seed: number): PhiloxKey => {
  check('seed', seed, 53);
  return { low: seed | 0, high: Math.floor(seed / 2 ** 32) };
};

/** The same, of the seed of a noise key all of which is checked. */
export const keyOfNoise = ({ seed, sample, draw }: NoiseKey): PhiloxKey => {
  check('sample', sample, 32);
  check('draw', draw, 32);
  return keyOfSeed(seed);
};
