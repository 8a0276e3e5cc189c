import { zeros } from '../array/batch.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Bins } from './bins.js';
import { logSoftmax } from './numeric.js';
import { binDenoiser, type BinDenoiser } from './output.js';

/**
 * The exact denoiser of independent discretised variables with known bin probabilities: `p_O(k) ~ p_k exp(-(mu - alpha c_k)²/(2 sigma²))`.
 * One law for all variables. Throws a `UsageError` unless there is a probability from 0 a bin and they sum to 1 within 1e-6.
 */
export const exactBins = ({
  bins,
  probabilities: law,
  length = 1,
}: {
  readonly bins: Bins;
  readonly probabilities: readonly number[];
  readonly length?: number;
}): BinDenoiser => {
  requireWhole('length', length, 1);
  const total = law.reduce((sum, p) => sum + p, 0);
  if (law.length !== bins.count || !law.every((p) => p >= 0) || !(Math.abs(total - 1) <= 1e-6)) {
    throw new UsageError(
      `${law.length} probabilities of sum ${total}; accepted are ${bins.count} numbers from 0 that sum to 1`,
    );
  }
  const logLaw = law.map(Math.log);
  return binDenoiser([length], bins, (x, moments) => {
    const out = zeros([moments.length, length, bins.count], 'float64');
    for (let i = 0; i < out.data.length; i++) {
      const place = Math.floor(i / bins.count);
      const { alpha, sigma } = moments[Math.floor(place / length)];
      const centre = bins.centres[i % bins.count];
      const evidence = alpha === 0 ? 0 : -(((x.data[place] - alpha * centre) / sigma) ** 2) / 2;
      out.data[i] = logLaw[i % bins.count] + evidence;
    }
    out.data.set(logSoftmax(out.data, bins.count));
    return out;
  });
};
