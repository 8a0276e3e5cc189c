import { elements } from '../array/batch.js';
import { UsageError } from '../errors.js';
import { randomStream } from '../random/index.js';
import type { Architecture, Start } from './ops.js';
import { countParameters, parametersOf } from './shape-ops.js';

const fill = (out: Float32Array, start: Start, seed: number, name: string): void => {
  const { normal, uniform } = randomStream(seed, `weight ${name}`);
  switch (start.law) {
    case 'zeros':
      out.fill(0);
      return;
    case 'ones':
      out.fill(1);
      return;
    case 'normal':
      for (let i = 0; i < out.length; i++) out[i] = start.deviation * normal();
      return;
    case 'uniform':
      for (let i = 0; i < out.length; i++) out[i] = start.bound * (2 * uniform() - 1);
  }
};

/**
 * The trained tensors by name, as views of one vector that holds them in the order of `parametersOf`. Throws a `UsageError` if its
 * length is not that of the architecture.
 */
export const split = (architecture: Architecture, flat: Float32Array): Map<string, Float32Array> => {
  const views = new Map<string, Float32Array>();
  let at = 0;
  for (const { name, shape } of parametersOf(architecture)) {
    views.set(name, flat.subarray(at, (at += elements(shape))));
  }
  if (at === flat.length) return views;
  throw new UsageError(`${flat.length} weights; accepted are the ${at} of this ${architecture.id}`);
};

/**
 * Weights to start the training from, in one vector. A tensor's numbers are a function of the seed and its name, so that another layer beside
 * it does not change them. Throws a `UsageError` unless the seed is an integer in [0, 2^53).
 */
export const startWeights = (architecture: Architecture, seed: number): Float32Array => {
  const flat = new Float32Array(countParameters(architecture));
  const views = split(architecture, flat);
  for (const { name, start } of parametersOf(architecture)) fill(views.get(name)!, start, seed, name);
  return flat;
};
