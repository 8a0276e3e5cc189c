import { UsageError } from '../errors.js';
import type { Process } from './process.js';

/** A function of time. */
export type Curve = (t: number) => number;

/** The limit of f at `end` along `inward`, a signed length: Infinity where it diverges like a power, 0 where it vanishes like one. */
const limit = (f: Curve, end: number, inward: number): number => {
  const far = f(end + inward * 2 ** -30);
  const near = f(end + inward * 2 ** -40);
  if (Math.abs(near) > 2 * Math.abs(far)) return Math.sign(near) * Infinity;
  if (Math.abs(near) < Math.abs(far) / 2) return 0;
  return near + (near - far) / 1023; // the linear term goes
};

/**
 * Closes a formula at the ends: what is NaN there (0/0, 0 · Infinity) becomes its limit, and what vanishes towards an end but
 * is not 0 there by rounding only, such as cos(pi/2), becomes 0.
 */
export const closedAtEnds = (dataEnd: number, noiseEnd: number): ((f: Curve) => Curve) => {
  const length = noiseEnd - dataEnd;
  return (f) => {
    const size = Math.abs(f(dataEnd + length / 2));
    const value = (end: number, inward: number): number => {
      const plain = f(end);
      if (Number.isNaN(plain)) return limit(f, end, inward);
      if (Math.abs(plain) < 1e-14 * size && limit(f, end, inward) === 0) return 0;
      return plain + 0; // no -0, whose reciprocal would be -Infinity
    };
    const atData = value(dataEnd, length);
    const atNoise = value(noiseEnd, -length);
    return (t) => (t === dataEnd ? atData : t === noiseEnd ? atNoise : f(t));
  };
};

/** Both ends and times between: evenly, and towards both ends by halves. */
export const sampleTimes = (dataEnd: number, noiseEnd: number): number[] => {
  const length = noiseEnd - dataEnd;
  const even = Array.from({ length: 255 }, (_, i) => (i + 1) / 256);
  const small = Array.from({ length: 12 }, (_, i) => 2 ** (i - 20));
  const parts = [...small, ...even, ...small.map((part) => 1 - part).reverse()];
  return [dataEnd, ...parts.map((part) => dataEnd + part * length), noiseEnd];
};

type Formulas = Pick<
  Process,
  'alpha' | 'sigma' | 'lambda' | 'drift' | 'squaredDiffusion' | 'varianceOverSignal' | 'networkTime'
>;

const refuse = (what: string, t: number, accepted: string): never => {
  throw new UsageError(`process "expression": ${what} at t = ${t}; ${accepted}`);
};

/** Checks on a sample of times that the formulas make a noising process. Throws a `UsageError` with the time where not. */
export const requireProcess = (formulas: Formulas, times: readonly number[]): void => {
  const { alpha, sigma, lambda, drift, squaredDiffusion, networkTime } = formulas;
  times.forEach((t, i) => {
    const atEnd = i === 0 || i === times.length - 1;
    for (const [name, value] of Object.entries({ alpha: alpha(t), sigma: sigma(t) })) {
      if (!(value < Infinity && (atEnd ? value >= 0 : value > 0))) {
        refuse(`${name} is ${value}`, t, 'give a number above 0 between the ends, and not below 0 at them');
      }
    }
    if (i > 0 && !(lambda(t) < lambda(times[i - 1]))) {
      refuse('alpha/sigma does not decrease', t, 'give a signal that is lost as t grows');
    }
    const noise = squaredDiffusion(t);
    const rounding = atEnd ? 0 : 1e-9 * sigma(t) ** 2 * Math.abs(drift(t));
    if (!(noise >= -rounding && (atEnd || noise < Infinity))) {
      refuse(
        `the squared diffusion is ${noise}`,
        t,
        'give expressions with a derivative, and noise that grows',
      );
    }
    if (!Number.isFinite(networkTime(t))) {
      refuse(`networkTime is ${networkTime(t)}`, t, 'give an expression that is finite');
    }
  });
};
