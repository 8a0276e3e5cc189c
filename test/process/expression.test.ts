import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { fromExpressions, type ExpressionOptions, type Process } from '../../src/process/index.js';
import {
  anyContinuousBfn,
  anyCosine,
  anyDiscreteBfn,
  anyKarras,
  anyRectifiedFlow,
  anyVarianceExploding,
  anyVariancePreserving,
} from '../../src/testing/processes.js';

const rectified: ExpressionOptions = { alpha: '1 - t', sigma: 't' };

/** Every family with closed forms, as a user would write it. */
const families: [string, () => fc.Arbitrary<Process>, Partial<ExpressionOptions>][] = [
  [
    'bfn-continuous',
    anyContinuousBfn,
    {
      alpha: '-expm1(2 (1-t) log(sigma1))',
      sigma: 'sqrt(-expm1(2 (1-t) log(sigma1))) * sigma1^(1-t)',
      networkTime: '1 - t',
    },
  ],
  [
    'bfn-discrete',
    anyDiscreteBfn,
    { alpha: 'beta1*(1-t)^2', sigma: 'sqrt(classes * beta1) (1-t)', networkTime: '1 - t' },
  ],
  [
    'vp-linear',
    anyVariancePreserving,
    {
      alpha: 'exp(-(betaMax-betaMin) t^2 / 4 - betaMin t / 2)',
      sigma: 'sqrt(-expm1(-(betaMax-betaMin) t^2 / 2 - betaMin t))',
    },
  ],
  [
    'vp-cosine',
    anyCosine,
    {
      alpha: 'sin(pi/2*(1-t)/(1+offset)) / sin(pi/2/(1+offset))',
      sigma: 'sqrt(sin(pi/2*t/(1+offset)) sin(pi/2*(t+2 offset)/(1+offset))) / sin(pi/2/(1+offset))',
    },
  ],
  [
    've',
    anyVarianceExploding,
    { alpha: '1', sigma: 'sigmaMin*(sigmaMax/sigmaMin)^t', networkTime: 'sigmaMin*(sigmaMax/sigmaMin)^t' },
  ],
  ['edm', anyKarras, { alpha: '1', sigma: 't' }],
  ['rectified-flow', anyRectifiedFlow, rectified],
];

const asExpression = (process: Process, expressions: Partial<ExpressionOptions>): Promise<Process> =>
  fromExpressions({
    ...rectified,
    ...expressions,
    noiseEnd: process.noiseEnd,
    parameters: process.parameters as Record<string, number>,
  });

const formulas = [
  'alpha',
  'sigma',
  'lambda',
  'varianceOverSignal',
  'drift',
  'squaredDiffusion',
  'networkTime',
] as const;

const expectNear = (actual: number, expected: number, tolerance: number, where: string): void => {
  if (!Number.isFinite(expected) || !Number.isFinite(actual)) expect(actual, where).toBe(expected);
  else {
    const floor = where.includes('lambda') ? 1 : 1e-5;
    expect(Math.abs(actual - expected), where).toBeLessThan(tolerance * Math.max(Math.abs(expected), floor));
  }
};

describe.each(families)('%s as expressions', (_id, family, expressions) => {
  it('has the closed forms inside the interval to 1e-10', async () => {
    await fc.assert(
      fc.asyncProperty(
        family(),
        fc.array(fc.double({ min: 1e-5, max: 1 - 1e-5, noNaN: true }), { minLength: 8, maxLength: 8 }),
        async (process, parts) => {
          const expressed = await asExpression(process, expressions);
          for (const part of parts) {
            const t = part * process.noiseEnd;
            for (const name of formulas)
              expectNear(expressed[name](t), process[name](t), 1e-10, `${name} ${t}`);
            const [again, closed] = [expressed, process].map((one) => one.timeAtLambda(process.lambda(t)));
            const slope = process.squaredDiffusion(t) / (2 * process.sigma(t) ** 2);
            const wobble = t + Math.max(1, Math.abs(process.lambda(t))) / slope;
            expect(Math.abs(again - closed)).toBeLessThan(1e-12 * wobble);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has their limits at the ends', async () => {
    await fc.assert(
      fc.asyncProperty(family(), async (process) => {
        const expressed = await asExpression(process, expressions);
        for (const t of [process.dataEnd, process.noiseEnd]) {
          for (const name of formulas) {
            const where = `${name} at ${t}`;
            expectNear(expressed[name](t), process[name](t), 1e-8, where);
          }
          expect(expressed.timeAtLambda(expressed.lambda(t))).toBe(t);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('derivatives', () => {
  // each with its derivative in closed form; alpha = f and sigma = t make drift = f'/f
  const cases: [string, (t: number) => number, (t: number) => number][] = [
    ['-expm1(log(1/4) (1 - t))', (t) => 1 - 0.25 ** (1 - t), (t) => Math.log(0.25) * 0.25 ** (1 - t)],
    [
      '2 - expm1(expm1(t) / 2)',
      (t) => 2 - Math.expm1(Math.expm1(t) / 2),
      (t) => -Math.exp(Math.expm1(t) / 2 + t) / 2,
    ],
    [
      'log1p(1 - t) expm1(2 - t)',
      (t) => Math.log1p(1 - t) * Math.expm1(2 - t),
      (t) => -Math.expm1(2 - t) / (2 - t) - Math.log1p(1 - t) * Math.exp(2 - t),
    ],
    [
      '1 / (1 + square(t) + cube(t))',
      (t) => 1 / (1 + t * t + t ** 3),
      (t) => -(2 * t + 3 * t * t) / (1 + t * t + t ** 3) ** 2,
    ],
    ['cbrt(2 - t)', (t) => Math.cbrt(2 - t), (t) => -1 / (3 * Math.cbrt(2 - t) ** 2)],
    ['1 - tanh(t)', (t) => 1 - Math.tanh(t), (t) => -1 / Math.cosh(t) ** 2],
    ['2 - tan(t / 2)', (t) => 2 - Math.tan(t / 2), (t) => -1 / (2 * Math.cos(t / 2) ** 2)],
    ['acos(t / 2)', (t) => Math.acos(t / 2), (t) => -1 / Math.sqrt(4 - t * t)],
    ['2 - asin(t / 2)', (t) => 2 - Math.asin(t / 2), (t) => -1 / Math.sqrt(4 - t * t)],
    ['2 - atan(t)', (t) => 2 - Math.atan(t), (t) => -1 / (1 + t * t)],
    ['2 - asinh(t)', (t) => 2 - Math.asinh(t), (t) => -1 / Math.sqrt(1 + t * t)],
    ['acosh(3 - t)', (t) => Math.acosh(3 - t), (t) => -1 / Math.sqrt((3 - t) ** 2 - 1)],
    ['atanh((1 - t) / 2)', (t) => Math.atanh((1 - t) / 2), (t) => -0.5 / (1 - (1 - t) ** 2 / 4)],
    ['3 - cosh(t)', (t) => 3 - Math.cosh(t), (t) => -Math.sinh(t)],
    ['3 - sinh(t)', (t) => 3 - Math.sinh(t), (t) => -Math.cosh(t)],
    ['cos(t)', Math.cos, (t) => -Math.sin(t)],
    ['pow(2, -t) + e^(-t)', (t) => 2 ** -t + Math.exp(-t), (t) => -Math.LN2 * 2 ** -t - Math.exp(-t)],
    [
      'pow(2 - t, 1 + t)',
      (t) => (2 - t) ** (1 + t),
      (t) => (2 - t) ** (1 + t) * (Math.log(2 - t) - (1 + t) / (2 - t)),
    ],
    ['+1 - -(-t)', (t) => 1 - t, () => -1],
  ];
  it.each(cases)('%s', async (alpha, f, slope) => {
    const process = await fromExpressions({ alpha, sigma: 't' });
    for (const t of [0.01, 0.2, 0.5, 0.77, 0.99]) {
      expectNear(process.alpha(t), f(t), 1e-13, `alpha ${t}`);
      expectNear(process.drift(t), slope(t) / f(t), 1e-12, `drift ${t}`);
      expectNear(process.squaredDiffusion(t), 2 * t - (2 * slope(t) * t * t) / f(t), 1e-12, `g² ${t}`);
    }
  });

  it('the precision of expm1 and log1p survives differentiation beside them', async () => {
    // d/dt [expm1(u) v] holds expm1(u) itself: near u = 0, exp(u) - 1 would have lost 10 digits
    const process = await fromExpressions({
      alpha: '-expm1(-small*(2 - t)) (2 - t)',
      sigma: 't',
      parameters: { small: 1e-10 },
    });
    for (const t of [0.1, 0.5, 0.9]) expectNear(process.drift(t), -2 / (2 - t), 1e-9, `${t}`);
    expectNear(process.drift(0.5), -1 / 1.5 - 1e-10 / Math.expm1(1.5e-10), 1e-13, 'exactly');
  });
});

describe('options', () => {
  it('ends, parameters, classes and network time are taken and recorded', async () => {
    const process = await fromExpressions({
      alpha: 'exp(-a*(t - 1))',
      sigma: 'sqrt(-expm1(-2 a*(t - 1)))',
      dataEnd: 1,
      noiseEnd: 3,
      networkTime: '1000 (t - 1)',
      parameters: { a: 0.5 },
      classes: 4,
    });
    expect(process).toMatchObject({ id: 'expression', dataEnd: 1, noiseEnd: 3, classes: 4 });
    expect(process.networkTime(2)).toBe(1000);
    expect(process.lambda(1)).toBe(Infinity);
    expectNear(process.drift(2), -0.5, 1e-13, 'drift');
    expectNear(process.squaredDiffusion(1), 1, 1e-12, 'g²');
    expect(process.parameters).toMatchObject({
      dataEnd: 1,
      parameters: { a: 0.5 },
      networkTime: '1000 (t - 1)',
    });
    expect(process.roundsNetworkTime).toBe(false);
  });

  it('takes zeros at the ends that rounding makes tiny, of either sign', async () => {
    for (const halfPi of ['1.5707963267948970', '1.5707963267948966', 'pi/2']) {
      const process = await fromExpressions({ alpha: `cos(${halfPi} * t)`, sigma: 'sin(pi t/2)' });
      expect(process.alpha(1)).toBe(0);
      expect(process.lambda(1)).toBe(-Infinity);
      expect(process.drift(1)).toBe(-Infinity);
      expect(process.timeAtLambda(-Infinity)).toBe(1);
    }
  });

  it('but not a signal that is merely small there', async () => {
    const process = await fromExpressions({ alpha: 'exp(-80 t)', sigma: 'sqrt(-expm1(-160 t))' });
    expectNear(process.lambda(1), -80, 1e-13, 'lambda');
  });

  it('a network time that is not one-to-one is said to round', async () => {
    const process = await fromExpressions({ ...rectified, networkTime: '(t - 1/2)^2' });
    expect(process.roundsNetworkTime).toBe(true);
  });

  const bad: [string, Partial<Record<keyof ExpressionOptions, unknown>>, RegExp][] = [
    ['a negative alpha', { alpha: '1 - 2 t' }, /alpha is 0 at t = 0.5;/],
    ['no noise', { sigma: '0' }, /sigma is 0 at t = /],
    ['a signal that returns', { alpha: '1', sigma: 't*(1.5 - t)' }, /does not decrease at t = 0\.7/],
    [
      'a pole inside',
      { alpha: '1 + 1/(1 - 2 t)^2', sigma: 't * (1 + 1/(1 - 2 t)^2)' },
      /alpha is Infinity at t = 0.5;/,
    ],
    ['NaN inside', { alpha: 'sqrt(1/2 - t)' }, /alpha is 0 at t = 0.5;/],
    ['a signal that is infinite at an end', { alpha: '1/t', sigma: '1' }, /alpha is Infinity at t = 0;/],
    ['an endless network time', { networkTime: '1/(t - 1/2)' }, /networkTime is .* at t = 0.5/],
    ['ends in the wrong order', { dataEnd: 1, noiseEnd: 0 }, /noiseEnd = 0 .* above dataEnd/],
    ['an infinite end', { noiseEnd: Infinity }, /noiseEnd = Infinity/],
    ['a parameter that is not finite', { parameters: { a: NaN } }, /parameter a = NaN/],
    ['a parameter that is a text', { parameters: { a: '1' } }, /parameter a = 1 /],
    ['parameters as a list', { parameters: [1] }, /parameters is not accepted/],
    ['no expression', { alpha: undefined }, /alpha .*not a text/],
    ['one class', { classes: 1 }, /classes = 1/],
  ];
  it.each(bad)('%s is refused', async (_name, change, message) => {
    const options = { ...rectified, ...change } as ExpressionOptions;
    await expect(fromExpressions(options)).rejects.toThrow(message);
    await expect(fromExpressions(options)).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    't',
    'pi',
    'e',
    'exp',
    'pow',
    'mod',
    'to',
    'in',
    'not',
    'true',
    'null',
    'NaN',
    'end',
    '1a',
    'a b',
    '_a',
    '__proto__',
    'a.b',
    '',
  ])('a parameter may not be named "%s"', async (name) => {
    const parameters = JSON.parse(`{${JSON.stringify(name)}: 1}`) as Record<string, number>;
    await expect(fromExpressions({ ...rectified, parameters })).rejects.toThrow(
      /parameter name .* is not accepted/,
    );
  });
});
