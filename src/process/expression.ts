import { UsageError } from '../errors.js';
import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { compile, derivativeOf, squareOf } from './expression-calculus.js';
import { parseExpression, requireName } from './expression-grammar.js';
import { closedAtEnds, requireProcess, sampleTimes } from './expression-limits.js';
import { classesParameter, family } from './family.js';
import { decreasingRoot } from './numeric.js';
import type { Process } from './process.js';

export interface ExpressionOptions extends ClassesOption {
  /** The signal scale as an expression in `t` and the parameters: `-expm1(2 (1-t) log(sigma1))`. */
  readonly alpha: string;
  /** The noise scale; write it as a square root of a variance where it is one. */
  readonly sigma: string;
  /** 1 if not given. */
  readonly noiseEnd?: number;
  /** 0 if not given. */
  readonly dataEnd?: number;
  /** The time that the network is shown; t if not given. */
  readonly networkTime?: string;
  /** Numbers by name, for use in the expressions. */
  readonly parameters?: Readonly<Record<string, number>>;
}

/**
 * A process from two expressions of the mathjs language, restricted to arithmetic, elementary functions, `t`, `pi`, `e`
 * and declared parameters. Drift and squared diffusion come from symbolic derivatives; the inverse of lambda from a
 * safeguarded Newton's method. The result is as accurate as the expressions are: write `-expm1(x)`, not `1 - exp(x)`.
 * At an end where a formula is undefined its limit is taken, to about 1e-9.
 *
 * Throws (rejects with) a `UsageError` for anything else in an expression, before anything is evaluated; and, with the time
 * where it fails, unless alpha and sigma are positive between the ends and lambda decreases, on a sample of times.
 */
export const fromExpressions = async (options: ExpressionOptions): Promise<Process> => {
  const id = 'expression';
  const { alpha, sigma, networkTime, noiseEnd = 1, dataEnd = 0, parameters = {}, classes } = options;
  requireNumber(id, 'dataEnd', dataEnd, 'a number', () => true);
  requireNumber(id, 'noiseEnd', noiseEnd, 'a number above dataEnd', (end) => end > dataEnd);
  requireClasses(id, classes);
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new UsageError('process "expression": parameters is not accepted; give numbers by name');
  }
  const values = new Map(Object.entries(parameters));
  for (const [name, value] of values) {
    requireName(name);
    requireNumber(id, `parameter ${name}`, value, 'a number', () => true);
  }
  const names = new Set(values.keys());
  const mathjs = await import('mathjs/number');
  const [alphaTree, sigmaTree, timeTree] = Object.entries({
    alpha,
    sigma,
    networkTime: networkTime ?? 't',
  }).map(([name, text]) => parseExpression(mathjs, name, text, names));
  const varianceTree = squareOf(mathjs, sigmaTree);
  const closed = closedAtEnds(dataEnd, noiseEnd);
  const [signal, noise, variance, shown] = [alphaTree, sigmaTree, varianceTree, timeTree].map((tree) =>
    closed(compile(mathjs, tree, values)),
  );
  const [signalSlope, varianceSlope] = [alphaTree, varianceTree].map((tree) =>
    compile(mathjs, derivativeOf(mathjs, tree), values),
  );
  const drift = (t: number): number => signalSlope(t) / signal(t);
  const ratio = closed((t) => signal(t) / noise(t));
  const lambda = (t: number): number =>
    t === dataEnd || t === noiseEnd ? Math.log(ratio(t)) : Math.log(signal(t)) - Math.log(noise(t));
  const squaredDiffusion = closed((t) => varianceSlope(t) - 2 * drift(t) * variance(t));
  const formulas = {
    alpha: signal,
    sigma: noise,
    lambda,
    drift: closed(drift),
    squaredDiffusion,
    varianceOverSignal: closed((t) => noise(t) ** 2 / signal(t)),
    networkTime: shown,
  };
  const times = sampleTimes(dataEnd, noiseEnd);
  requireProcess(formulas, times);
  const steps = times.slice(1).map((t, i) => Math.sign(shown(t) - shown(times[i])));
  return defineProcess({
    id,
    parameters: { alpha, sigma, dataEnd, noiseEnd, networkTime, parameters: { ...parameters }, classes },
    dataEnd,
    noiseEnd,
    ...formulas,
    inverse: (wanted) => {
      const f = (t: number) => ({
        value: lambda(t) - wanted,
        slope: squaredDiffusion(t) / (-2 * noise(t) ** 2),
      });
      return decreasingRoot(f, dataEnd, noiseEnd);
    },
    roundsNetworkTime: steps.some((step) => step === 0 || step !== steps[0]),
  });
};

export const expressionFamily = family<ExpressionOptions>(
  {
    id: 'expression',
    description: "a user's own process: alpha and sigma as expressions in t",
    parameters: [
      { name: 'alpha', kind: 'text', description: 'signal scale, such as cos(pi t / 2)' },
      { name: 'sigma', kind: 'text', description: 'noise scale, such as sin(pi t / 2)' },
      { name: 'dataEnd', kind: 'number', default: 0, description: 'time of the data' },
      { name: 'noiseEnd', kind: 'number', default: 1, description: 'time of the noise' },
      {
        name: 'networkTime',
        kind: 'text',
        optional: true,
        description: 'what the network is shown; t if not given',
      },
      {
        name: 'parameters',
        kind: 'named numbers',
        default: {},
        description: 'numbers by name, for the expressions',
      },
      classesParameter,
    ],
  },
  fromExpressions,
);
