import { floats, precisionOf } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Moment } from '../../plan/denoiser.js';
import { classDenoiser, type ClassDenoiser } from '../classes.js';
import { requireKnownClasses, type Known } from './known.js';

/** A logit beside which no other counts; finite in float32, so that no kernel meets an infinity. */
const excluded = -1e30;

const requireEvidence = (evidence: readonly (readonly number[])[], length: number, classes: number): void => {
  const sound = (row: readonly number[]): boolean =>
    row.length === classes && row.every((a) => a < Infinity) && row.some((a) => a > -Infinity);
  const wrong = evidence.findIndex((row) => !sound(row));
  if (evidence.length === length && wrong < 0) return;
  const found =
    wrong < 0 ? `${evidence.length} rows` : `[${evidence[wrong].join(', ')}] for variable ${wrong}`;
  throw new UsageError(
    `evidence has ${found}; accepted are ${length} rows of ${classes} numbers or -Infinity, one of them finite`,
  );
};

/** Throws a `UsageError` if a variable may only be of classes that do not occur in the model. */
const requirePossible = (denoiser: ClassDenoiser, evidence: readonly (readonly number[])[]): void => {
  const [length, classes] = denoiser.sampleShape;
  const data = new Float64Array(length * classes);
  const prior = denoiser.predict({ shape: [1, length, classes], data }, [
    { t: 1, time: 0, alpha: 0, sigma: 1 },
  ]);
  evidence.forEach((row, i) => {
    if (row.some((a, k) => a > -Infinity && prior.data[i * classes + k] > -1)) return;
    throw new UsageError(
      `variable ${i} is to be of a class that has probability 0; accepted are classes that occur in the model`,
    );
  });
};

/**
 * The exact denoiser of classes under the law `p(x) exp(sum_i evidence[i][x_i])`, from that of p: the posterior given what has the
 * log-likelihood `evidence[i][k]`, nats, for class k of variable i. It is added to the state's own, `kappa z` (docs/theory.md, section 6).
 * -Infinity excludes a class.
 *
 * The denoiser has to be exact, one that knows the state through `kappa z` alone: `markovText`, `independentCategorical` or this one.
 * Throws a `UsageError` unless the evidence is [length, K] and leaves every variable a class that can occur.
 */
export const withEvidence = (
  denoiser: ClassDenoiser,
  evidence: readonly (readonly number[])[],
): ClassDenoiser => {
  const [length, classes] = denoiser.sampleShape;
  requireEvidence(evidence, length, classes);
  requirePossible(denoiser, evidence);
  // its kappa is 1: the evidence comes in nats
  const moment: Moment = { t: 0, time: 0, alpha: 1, sigma: Math.sqrt(classes) };
  return classDenoiser('classes with evidence', [length, classes], ({ shape, data }, kappa, out) => {
    const told = floats(data.length, precisionOf(data));
    for (let variable = 0, at = 0; at < data.length; variable++, at += classes) {
      const scale = kappa[Math.floor(variable / length)];
      const row = evidence[variable % length];
      let highest = -Infinity;
      for (let k = 0; k < classes; k++) {
        if (row[k] > -Infinity) highest = Math.max(highest, data[at + k]);
      }
      for (let k = 0; k < classes; k++) {
        told[at + k] =
          row[k] === -Infinity ? excluded : Math.max(scale * (data[at + k] - highest) + row[k], excluded);
      }
    }
    denoiser.predict({ shape, data: told }, new Array<Moment>(shape[0]).fill(moment), out);
  });
};

/**
 * The exact denoiser of classes given those of some variables, as a text with known characters: `known.mask` and `known.values` are
 * [length], the values classes. Asks of the denoiser what `withEvidence` asks, and throws like it, too, for a known class that cannot be.
 */
export const conditionOnClasses = (denoiser: ClassDenoiser, known: Known): ClassDenoiser => {
  const [length, classes] = denoiser.sampleShape;
  requireKnownClasses(known, length, classes);
  return withEvidence(
    denoiser,
    known.mask.map((isKnown, i) =>
      Array.from({ length: classes }, (_, k) => (!isKnown || known.values[i] === k ? 0 : -Infinity)),
    ),
  );
};
