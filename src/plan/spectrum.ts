import { type Basis, checkBasis, componentsOf, dimensionOf } from '../array/basis.js';
import { transformOf } from '../array/transform.js';
import { UsageError } from '../errors.js';

/** A covariance as its variances along a basis, one a component: what lies between the components is left out. */
export interface Spectrum {
  readonly basis: Basis;
  readonly variances: readonly number[];
}

/** Throws a `UsageError` unless the basis is orthonormal and each of its components has a variance that is not negative. */
export const checkSpectrum = ({ basis, variances }: Spectrum): void => {
  checkBasis(basis);
  const components = componentsOf(basis);
  if (variances.length !== components) {
    throw new UsageError(
      `a spectrum has ${variances.length} variances for ${components} components of its basis`,
    );
  }
  variances.forEach((variance, k) => {
    if (!(variance >= 0 && Number.isFinite(variance)))
      throw new UsageError(`variance ${k} of a spectrum is ${variance}; accepted are finite numbers from 0`);
  });
};

/** The covariance itself, [d, d]. */
export const covarianceOf = ({ basis, variances }: Spectrum): number[][] => {
  const d = dimensionOf(basis);
  const { rank, forward, inverse } = transformOf(basis);
  const rest = componentsOf(basis) > rank ? variances[rank] : 0;
  const [unit, coefficients, column] = [new Float64Array(d), new Float64Array(rank), new Float64Array(d)];
  return Array.from({ length: d }, (_, i) => {
    unit.fill(0);
    unit[i] = 1;
    forward(unit, coefficients);
    for (let k = 0; k < rank; k++) coefficients[k] *= variances[k] - rest;
    inverse(coefficients, column);
    return Array.from(column, (value, j) => value + (i === j ? rest : 0));
  });
};
