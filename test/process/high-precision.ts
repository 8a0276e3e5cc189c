import { Decimal } from 'decimal.js';
import type { Process } from '../../src/process/index.js';

// The families once more, as plainly as the papers write them, in arithmetic of 60 digits.
export const D = Decimal.clone({ precision: 60 });

/** A double as it is: Decimal reads a number through its shortest decimal text, which is not the number. */
export const exactly = (x: number): Decimal => new D(x < 0 ? `-0b${(-x).toString(2)}` : `0b${x.toString(2)}`);

export interface Exact {
  alpha(t: Decimal): Decimal;
  /** sigma². */
  variance(t: Decimal): Decimal;
}

const one = new D(1);
const pi = D.acos(-1);
const parameter = (process: Process, name: string): Decimal => exactly(process.parameters[name] as number);

const families: Record<string, (process: Process) => Exact> = {
  'bfn-continuous': (process) => {
    const gamma = (t: Decimal) => one.minus(parameter(process, 'sigma1').pow(one.minus(t).times(2)));
    return { alpha: gamma, variance: (t) => gamma(t).times(one.minus(gamma(t))) };
  },
  'bfn-discrete': (process) => {
    const beta = (t: Decimal) => parameter(process, 'beta1').times(one.minus(t).pow(2));
    return { alpha: beta, variance: (t) => beta(t).times(parameter(process, 'classes')) };
  },
  'vp-linear': (process) => {
    const [low, high] = [parameter(process, 'betaMin'), parameter(process, 'betaMax')];
    const integral = (t: Decimal) => high.minus(low).times(t).times(t).div(2).plus(low.times(t));
    return {
      alpha: (t) => integral(t).div(-2).exp(),
      variance: (t) => one.minus(integral(t).neg().exp()),
    };
  },
  'vp-cosine': (process) => {
    const offset = parameter(process, 'offset');
    const cos = (t: Decimal) => t.plus(offset).div(offset.plus(1)).times(pi).div(2).cos();
    const alpha = (t: Decimal) => cos(t).div(cos(new D(0)));
    return { alpha, variance: (t) => one.minus(alpha(t).pow(2)) };
  },
  ve: (process) => {
    const [low, high] = [parameter(process, 'sigmaMin'), parameter(process, 'sigmaMax')];
    return { alpha: () => one, variance: (t) => low.times(high.div(low).pow(t)).pow(2) };
  },
  edm: () => ({ alpha: () => one, variance: (t) => t.times(t) }),
  'rectified-flow': () => ({ alpha: (t) => one.minus(t), variance: (t) => t.times(t) }),
};

/** The exact counterpart of a process with closed forms. */
export const exact = (process: Process): Exact => families[process.id](process);

export const lambdaOf = ({ alpha, variance }: Exact, t: Decimal): Decimal =>
  alpha(t).ln().minus(variance(t).ln().div(2));

/** A central difference whose error, of the order of h² = 1e-36 relative, is far below any double's. */
export const derivative = (f: (t: Decimal) => Decimal, t: Decimal, scale: Decimal): Decimal => {
  const h = scale.times('1e-18');
  return f(t.plus(h))
    .minus(f(t.minus(h)))
    .div(h.times(2));
};

/** |actual - expected| over |expected|, or over `floor` where that is larger. */
export const relativeError = (actual: number, expected: Decimal, floor = 0): number => {
  const size = Decimal.max(expected.abs(), floor);
  const difference = exactly(actual).minus(expected).abs();
  return size.isZero() ? difference.toNumber() : difference.div(size).toNumber();
};
