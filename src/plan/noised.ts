import { type Batch, precisionOf, zeros } from '../array/batch.js';
import { normalsOfSamples } from '../array/host.js';
import type { Moment } from './denoiser.js';

/**
 * Data at a moment of the process, `alpha x_0 + sigma noise`: the states from which a plan that starts there works on given data (SDEdit, Meng et
 * al. 2022; "image to image"). `data` is [n, ...sampleShape], on discrete data `K e_x - 1`; so is the result, in its precision. The
 * noise of a coordinate depends on the seed, the sample's index and the coordinate alone: draw 0, that of all starts.
 */
export const noised = (
  data: Batch,
  { alpha, sigma }: Pick<Moment, 'alpha' | 'sigma'>,
  { seed = 0, firstSample = 0 }: { readonly seed?: number; readonly firstSample?: number } = {},
): Batch => {
  const states = zeros(data.shape, precisionOf(data.data));
  normalsOfSamples(states, { seed, firstSample, draw: 0 });
  for (let i = 0; i < states.data.length; i++) states.data[i] = alpha * data.data[i] + sigma * states.data[i];
  return states;
};
