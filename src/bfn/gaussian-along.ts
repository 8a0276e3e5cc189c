import { type Basis, componentsOf, dimensionOf, multiplicitiesOf } from '../array/basis.js';
import { transformOf } from '../array/transform.js';
import type { Batch } from '../array/batch.js';

/** The Gaussian with these standard deviations along a basis: `ln p(x)` in nats a sample. */
export const gaussianAlong = (
  basis: Basis,
  deviations: readonly number[],
  mean: number | ArrayLike<number>,
): { logDensity(x: Batch): Float64Array } => {
  const d = dimensionOf(basis);
  const { rank, forward } = transformOf(basis);
  const multiplicities = multiplicitiesOf(basis);
  const constant = deviations.reduce(
    (sum, deviation, k) => sum - multiplicities[k] * Math.log(Math.sqrt(2 * Math.PI) * deviation),
    0,
  );
  const [row, coefficients] = [new Float64Array(d), new Float64Array(rank)];
  return {
    logDensity: ({ shape, data }) =>
      Float64Array.from({ length: shape[0] }, (_, sample) => {
        for (let i = 0; i < d; i++)
          row[i] = data[sample * d + i] - (typeof mean === 'number' ? mean : mean[i]);
        forward(row, coefficients);
        let distance = coefficients.reduce((sum, value, k) => sum + (value / deviations[k]) ** 2, 0);
        if (componentsOf(basis) > rank) {
          const within = coefficients.reduce((sum, value) => sum + value ** 2, 0);
          const all = row.reduce((sum, value) => sum + value ** 2, 0);
          distance += Math.max(0, all - within) / deviations[rank] ** 2;
        }
        return constant - distance / 2;
      }),
  };
};
