import { zeros, type Batch } from '../array/batch.js';
import { firstNonFinite, normalsOfSamples } from '../array/host.js';
import { UsageError } from '../errors.js';
import type { Network } from './adapters.js';
import { describedNetwork } from './described.js';
import type { NetworkDescription } from './network-file.js';

/** A call of the graph, and what it gave. */
export interface Call {
  readonly x: Batch;
  readonly times: Float64Array;
  readonly y: Batch;
}

/**
 * Two samples of noise half way from the data: whether a batch goes through the network, and what comes out is finite. Gives the call of the graph. Rejects
 * with a `UsageError` otherwise.
 */
export const trial = async (description: NetworkDescription, network: Network): Promise<Call> => {
  let call: Call | undefined;
  const { process, denoiser } = await describedNetwork(description, async (x, times) => {
    const y = await network(x, times);
    call = { x, times, y };
    return y;
  });
  const t = (process.dataEnd + process.noiseEnd) / 2;
  const moment = { t, alpha: process.alpha(t), sigma: process.sigma(t), time: process.networkTime(t) };
  const x = zeros([2, ...denoiser.sampleShape]);
  normalsOfSamples(x, { seed: 0, firstSample: 0, draw: 0 });
  x.data.forEach((value, i) => (x.data[i] = moment.sigma * value));
  let data;
  try {
    ({ data } = await denoiser.predict(x, [moment, moment]));
  } catch (error) {
    throw new UsageError(
      `a trial on 2 samples failed: ${(error as Error).message} (a graph made for one number of samples needs "batch")`,
    );
  }
  const odd = firstNonFinite(data);
  if (odd >= 0 || !call) {
    throw new UsageError(`on a trial of noise at t = ${t} the prediction is ${data[odd]}; it must be finite`);
  }
  return call;
};

/** The largest difference of two predictions, as a share of the largest number of the second. */
export const relativeGap = (y: Batch, exact: Batch): number => {
  let [gap, largest] = [0, Number.MIN_VALUE];
  exact.data.forEach((value, i) => {
    gap = Math.max(gap, Math.abs(y.data[i] - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return gap / largest;
};
