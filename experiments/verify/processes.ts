import { type Process, transition } from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check, relative } from './check.js';
import { anyProcess, families, pick, timeWithin, timesWithin } from './instances.js';

/** What the SDE of a process is made of, at a time. */
type Coefficients = (process: Process, t: number) => { readonly f: number; readonly g2: number };

const coefficients: Coefficients = (process, t) => ({ f: process.drift(t), g2: process.squaredDiffusion(t) });

const wrongCoefficients = {
  'g² 0.1% too large': (process, t) => {
    const { f, g2 } = coefficients(process, t);
    return { f, g2: 1.001 * g2 };
  },
  'f off by 0.1% of g²/sigma²': (process, t) => {
    const { f, g2 } = coefficients(process, t);
    return { f: f + (0.001 * g2) / process.sigma(t) ** 2, g2 };
  },
} satisfies Record<string, Coefficients>;

/** alpha and sigma² of a family as mathjs expressions in t and the parameters, written down independently of src/process/. */
const table: Readonly<Record<string, readonly [alpha: string, variance: string]>> = {
  'bfn-continuous': ['1 - sigma1^(2*(1 - t))', '(1 - sigma1^(2*(1 - t))) * sigma1^(2*(1 - t))'],
  'bfn-discrete': ['beta1 * (1 - t)^2', 'classes * beta1 * (1 - t)^2'],
  'vp-linear': [
    'exp(-(betaMin*t + (betaMax - betaMin) * t^2/2) / 2)',
    '1 - exp(-(betaMin*t + (betaMax - betaMin) * t^2/2))',
  ],
  'vp-cosine': [
    'cos((t + offset)/(1 + offset) * pi/2) / cos(offset/(1 + offset) * pi/2)',
    '1 - (cos((t + offset)/(1 + offset) * pi/2) / cos(offset/(1 + offset) * pi/2))^2',
  ],
  ve: ['1', '(sigmaMin * (sigmaMax/sigmaMin)^t)^2'],
  edm: ['1', 't^2'],
  'rectified-flow': ['1 - t', 't^2'],
};

type Evaluate = (scope: Readonly<Record<string, unknown>>) => readonly [value: number, slope: number];

/** Value and slope of an expression by mathjs. */
const differentiated = async (expression: string): Promise<Evaluate> => {
  const { parse, derivative } = await import('mathjs/number');
  const tree = parse(expression);
  const [value, slope] = [tree, derivative(tree, 't')].map((part) => part.compile());
  return (scope) => [Number(value.evaluate({ ...scope })), Number(slope.evaluate({ ...scope }))];
};

/** The derivative of an expression is taken once, at its first use. */
const lazily = (expression: string): (() => Promise<Evaluate>) => {
  let made: Promise<Evaluate> | undefined;
  return () => (made ??= differentiated(expression));
};

const driftAndDiffusion = (id: string): Check => {
  const [alphaOf, varianceOf] = table[id].map(lazily);
  return check<Coefficients>({
    name: `drift-and-diffusion-${id}`,
    statement: `dx = f x dt + g dw with f = alpha'/alpha, g² = (sigma²)' - 2 f sigma², for alpha = ${table[id][0]}, sigma² = ${table[id][1]}`,
    source: 'Song et al. 2021, section 3; docs/theory.md, section 1',
    method: 'symbolic',
    tolerance: 1e-8,
    formula: coefficients,
    planted: wrongCoefficients,
    async residual(formula, random) {
      const process = families[id](random);
      const t = timeWithin(random, process);
      const scope = { ...process.parameters, t };
      const [alpha, alphaSlope] = (await alphaOf())(scope);
      const [variance, varianceSlope] = (await varianceOf())(scope);
      const { f, g2 } = formula(process, t);
      return Math.max(
        relative(process.alpha(t), alpha),
        relative(process.sigma(t) ** 2, variance),
        relative(f, alphaSlope / alpha),
        relative(g2, varianceSlope - 2 * (alphaSlope / alpha) * variance),
      );
    },
  });
};

const fromTable = check<Coefficients>({
  name: 'drift-and-diffusion-tables',
  statement: "f = alpha'/alpha and g² = -2 sigma² lambda' for processes given by betas or by a table",
  source: 'docs/theory.md, section 1',
  method: 'differences',
  tolerance: 1e-4,
  formula: coefficients,
  planted: wrongCoefficients,
  residual(formula, random) {
    const process = pick(random, [families['ddpm'], families['table']])(random);
    const t = timeWithin(random, process);
    const h = 1e-6 * (process.noiseEnd - process.dataEnd);
    const slope = (of: (t: number) => number): number => (of(t + h) - of(t - h)) / (2 * h);
    const { f, g2 } = formula(process, t);
    const lambdaSlope = slope((time) => process.lambda(time));
    const size = Math.abs(f) + Math.abs(lambdaSlope);
    return Math.max(
      Math.abs(f - slope((time) => Math.log(process.alpha(time)))) / size,
      relative(g2, -2 * process.sigma(t) ** 2 * lambdaSlope),
    );
  },
});

const halfLogSnr = check<(process: Process, lambda: number) => number>({
  name: 'time-at-lambda',
  statement: 'lambda = ln(alpha/sigma) falls strictly, and timeAtLambda is its inverse, on every process',
  source: 'docs/theory.md, section 1',
  method: 'moments',
  tolerance: 1e-8,
  formula: (process, lambda) => process.timeAtLambda(lambda),
  planted: { 'lambda of the log-SNR': (process, lambda) => process.timeAtLambda(0.999 * lambda) },
  residual(formula, random) {
    const process = anyProcess(random);
    const t = timeWithin(random, process);
    const lambda = Math.log(process.alpha(t) / process.sigma(t));
    return Math.abs(formula(process, lambda) - t) / (process.noiseEnd - process.dataEnd);
  },
});

type Transition = typeof transition;

/** Mean coefficient and variance of x_u given x_s, by way of x_t. */
const composed = (step: Transition, process: Process, [s, t, u]: readonly number[]) => {
  const [first, second] = [step(process, s, t), step(process, t, u)];
  return {
    scale: first.scale * second.scale,
    variance: second.scale ** 2 * first.variance + second.variance,
  };
};

const chapmanKolmogorov = check<Transition>({
  name: 'transitions-compose',
  statement:
    'x_t | x_s ~ N((alpha_t/alpha_s) x_s, sigma_t² (1 - e^(2(lambda_t - lambda_s)))): s to t to u is s to u',
  source: 'docs/theory.md, section 1',
  method: 'moments',
  tolerance: 1e-9,
  formula: transition,
  planted: {
    'e^(lambda_t - lambda_s)': (process, s, t) => ({
      ...transition(process, s, t),
      variance: process.sigma(t) ** 2 * -Math.expm1(process.lambda(t) - process.lambda(s)),
    }),
    'mean by sigma': (process, s, t) => ({
      ...transition(process, s, t),
      scale: (process.alpha(t) / process.alpha(s)) ** 0.999,
    }),
  },
  residual(formula, random: RandomStream) {
    const process = anyProcess(random);
    const times = timesWithin(random, process, 3);
    const [s, , u] = times;
    const [whole, parts] = [formula(process, s, u), composed(formula, process, times)];
    // and with the law at s it gives the law at u
    const variance = whole.scale ** 2 * process.sigma(s) ** 2 + whole.variance;
    return Math.max(
      relative(whole.scale, parts.scale),
      Math.abs(whole.variance - parts.variance) / process.sigma(u) ** 2,
      relative(whole.scale * process.alpha(s), process.alpha(u)),
      relative(variance, process.sigma(u) ** 2),
    );
  },
});

export const processChecks: readonly Check[] = [
  ...Object.keys(table).map(driftAndDiffusion),
  fromTable,
  halfLogSnr,
  chapmanKolmogorov,
];
