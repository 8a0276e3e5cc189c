import { UsageError } from '../errors.js';
import { keyOfSeed, purpose } from './key.js';
import { normalPair } from './normal.js';
import { philox } from './philox.js';

/** Random numbers one after the other, for fits, truth samples and projections. */
export interface RandomStream {
  /** Uniform strictly inside (0, 1): an odd multiple of 2^-53. */
  uniform(): number;
  /** Standard normal, a float32 number of the same law as `normals`. */
  normal(): number;
  /** Uniform on 0, 1, ..., n - 1; no probability is off by more than 2^-52. Throws a `UsageError` unless n is an integer in [1, 2^32]. */
  integer(n: number): number;
}

/** 64 bits of a name: its UTF-16 units absorbed one by one by Philox. */
export const hashOfName = (name: string): readonly [number, number] => {
  const state = new Int32Array(4);
  const key = keyOfSeed(0);
  for (let i = 0; i < name.length; i++) {
    philox(state, key, state[0] ^ name.charCodeAt(i), state[1], i, purpose.name);
  }
  return [state[0], state[1]];
};

/**
 * The stream of a seed and a name: streams of different names or seeds are independent, also of `normals` and `uniforms`.
 * Throws a `UsageError` unless the seed is an integer in [0, 2^53).
 */
export const randomStream = (seed: number, name: string): RandomStream => {
  const key = keyOfSeed(seed);
  const [name0, name1] = hashOfName(name);
  const words = new Int32Array(4);
  let block = 0;
  let used = 4;
  const next = (): number => {
    if (used === 4) {
      philox(words, key, block++, name0, name1, purpose.stream);
      used = 0;
    }
    return words[used++];
  };
  const uniform = (): number => ((next() >>> 6) * 2 ** 26 + (next() >>> 6) + 0.5) * 2 ** -52;
  const pair = new Float32Array(2);
  let spare = false;
  return {
    uniform,
    normal() {
      spare = !spare;
      if (spare) normalPair(pair, 0, next(), next());
      return pair[spare ? 0 : 1];
    },
    integer(n) {
      if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32)) {
        throw new UsageError(`integer(${n}): accepted are integers from 1 to 2^32`);
      }
      return Math.floor(uniform() * n);
    },
  };
};
