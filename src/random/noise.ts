import { keyOfNoise, purpose, type NoiseKey } from './key.js';
import { normalPair } from './normal.js';
import { philox } from './philox.js';

const words = new Int32Array(4);
const four = new Float32Array(4);

/**
 * Fills `out` with the standard normals of coordinates 0, 1, ... of (seed, sample, draw). They are float32 numbers in
 * either precision, and the same bits on every engine. Throws a `UsageError` where a key is out of its range.
 *
 * The same for many samples, and several times faster: `normalsOfSamples` of array/host.ts.
 */
export const normals = (out: Float32Array | Float64Array, noise: NoiseKey): void => {
  const key = keyOfNoise(noise);
  const { sample, draw } = noise;
  for (let at = 0; at < out.length; at += 4) {
    philox(words, key, at >>> 2, draw, sample, purpose.normals);
    normalPair(four, 0, words[0], words[1]);
    normalPair(four, 2, words[2], words[3]);
    const end = Math.min(4, out.length - at);
    for (let i = 0; i < end; i++) out[at + i] = four[i];
  }
};

/**
 * Fills `out` with uniforms strictly inside (0, 1) for coordinates 0, 1, ... of (seed, sample, draw), independent of the
 * normals there: odd multiples of 2^-33. Throws a `UsageError` where a key is out of its range.
 */
export const uniforms = (out: Float64Array, noise: NoiseKey): void => {
  const key = keyOfNoise(noise);
  const { sample, draw } = noise;
  for (let at = 0; at < out.length; at += 4) {
    philox(words, key, at >>> 2, draw, sample, purpose.uniforms);
    const end = Math.min(4, out.length - at);
    for (let i = 0; i < end; i++) out[at + i] = ((words[i] >>> 0) + 0.5) * 2 ** -32;
  }
};
