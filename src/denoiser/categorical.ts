import { UsageError } from '../errors.js';
import { writeSymbolPosterior } from '../plan/symbols.js';
import { classDenoiser, type ClassDenoiser } from './classes.js';

export interface CategoricalSettings {
  /** The law of a variable over K classes: one for all, or one each. */
  readonly probabilities: readonly number[] | readonly (readonly number[])[];
  /** The number of variables; 1 unless told, or as many as there are laws. */
  readonly length?: number;
}

const lawsOf = ({ probabilities, length }: CategoricalSettings): (readonly number[])[] => {
  const each = probabilities.every((row): row is readonly number[] => Array.isArray(row));
  const laws = each
    ? (probabilities as readonly (readonly number[])[])
    : [probabilities as readonly number[]];
  const variables = length ?? laws.length;
  if (!(Number.isInteger(variables) && variables >= 1) || (each && laws.length !== variables)) {
    throw new UsageError(
      `independent categorical data of length ${variables} with ${laws.length} laws; accepted are integers from 1, and one law or one for each`,
    );
  }
  laws.forEach((law, i) => {
    const total = law.reduce((sum, p) => sum + p, 0);
    const sound = law.every((p) => p >= 0) && Math.abs(total - 1) <= 1e-6 && law.length === laws[0].length;
    if (sound) return;
    throw new UsageError(
      `law ${i} of independent categorical data is [${law.join(', ')}]; accepted are ${laws[0].length} numbers from 0 that sum to 1`,
    );
  });
  return Array.from({ length: variables }, (_, i) => laws[each ? i : 0]);
};

/**
 * The exact denoiser of independent variables with known class probabilities p: `K e - 1` with `e = normalise(p exp(kappa z))`, on states
 * [n, length, K] of any process on `K e_x - 1`. At kappa = 1 it is the optimal network of Graves et al. 2023, `e ~ p softmax(z)`.
 * Throws a `UsageError` for probabilities that are none.
 */
export const independentCategorical = (settings: CategoricalSettings): ClassDenoiser => {
  const laws = lawsOf(settings);
  const classes = laws[0].length;
  const weights = new Float64Array(classes);
  return classDenoiser('independent categorical data', [laws.length, classes], ({ data }, kappa, out) => {
    for (let variable = 0, at = 0; at < data.length; variable++, at += classes) {
      const scale = kappa[Math.floor(variable / laws.length)];
      writeSymbolPosterior(laws[variable % laws.length], scale, data, at, out.data, weights);
    }
  });
};
