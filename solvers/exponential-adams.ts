import { UsageError } from '../src/errors.js';
import { family } from '../src/family.js';
import { adamsCorrector, adamsPredictor, powerClock } from './exponential-multistep.js';
import { multistep, ode, sdeWithEta } from './facts.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

/** A member of the family of docs/theory.md, section 4. */
export interface ExponentialAdamsOptions {
  /** Predictions that the polynomial goes through, 1 to 5. */
  readonly order: number;
  /** Predictions that the corrector's goes through, that at the end of the step among them; 0 for no corrector. At most 5. */
  readonly corrector: number;
  /** The polynomial is one in `e^(rate lambda)`; in half log-SNR at rate 0. */
  readonly rate: number;
  /** What is extrapolated: `data` or `noise`. */
  readonly prediction: string;
  /** `ode`, or `sde`, which takes `etaSde`. */
  readonly kind: string;
}

const requirePoints = (name: string, value: number, least: number): void => {
  if (Number.isInteger(value) && value >= least && value <= 5) return;
  throw new UsageError(
    `${name} of exponential-adams is ${value}; it must be a whole number from ${least} to 5`,
  );
};

const requireOneOf = (name: string, value: string, accepted: readonly string[]): void => {
  if (!accepted.includes(value)) {
    throw new UsageError(`${name} of exponential-adams is "${value}"; it must be ${accepted.join(' or ')}`);
  }
};

/**
 * Exponential Adams with a clock to be fitted: `order` points in `e^(rate lambda)`, then, at no further call, a corrector. Its id is the line
 * that makes it again. Throws a `UsageError` for a member that there is not.
 */
export const exponentialAdams = (options: ExponentialAdamsOptions): Solver => {
  const { order, corrector, rate, prediction, kind } = options;
  requirePoints('order', order, 1);
  requirePoints('corrector', corrector, 0);
  requireOneOf('prediction', prediction, ['data', 'noise']);
  requireOneOf('kind', kind, ['ode', 'sde']);
  if (!(Math.abs(rate) <= 10)) {
    throw new UsageError(`rate of exponential-adams is ${rate}; it must be from -10 to 10`);
  }
  const points = Math.max(order, corrector);
  const adams = { prediction: prediction === 'noise' ? 'noise' : 'data', clock: powerClock(rate) } as const;
  const mended = corrector > 0 ? `, corrected by one of ${corrector}` : '';
  return defineSolver(
    {
      ...(kind === 'sde' ? sdeWithEta : ode),
      ...multistep(points, adams, { corrected: corrector > 1 }),
      takesSymbols: kind === 'ode' && prediction === 'data',
      ...(kind === 'sde' ? { weakOrder: Math.min(2, points) } : {}),
      id: `exponential-adams:order=${order},corrector=${corrector},rate=${rate},prediction=${prediction},kind=${kind}`,
      description: `the ${prediction} prediction as a polynomial through ${order} points in ${adams.clock.id}${mended}`,
      reference:
        'Hochbruck & Ostermann 2010, Exponential integrators, section 2.5; docs/theory.md, section 4',
    },
    adamsPredictor(order, adams),
    corrector > 0 ? { corrector: adamsCorrector(corrector, adams) } : {},
  );
};

export const exponentialAdamsFamily = family<ExponentialAdamsOptions, Solver>(
  {
    id: 'exponential-adams',
    description: 'exponential Adams methods of any order, corrector and clock',
    parameters: [
      { name: 'order', kind: 'number', default: 3, description: 'points of the predictor, 1 to 5' },
      {
        name: 'corrector',
        kind: 'number',
        default: 0,
        description: 'points of the corrector, or 0: no corrector',
      },
      {
        name: 'rate',
        kind: 'number',
        default: 0,
        description: 'of the clock e^(rate lambda); 0 is half log-SNR',
      },
      { name: 'prediction', kind: 'text', default: 'data', description: 'data or noise' },
      { name: 'kind', kind: 'text', default: 'ode', description: 'ode or sde' },
    ],
  },
  exponentialAdams,
);
