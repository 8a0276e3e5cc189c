import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import {
  continuousBfn,
  cosine,
  discreteBetas,
  discreteBfn,
  fromExpressions,
  karras,
  makeProcess,
  parseProcess,
  processes,
  rectifiedFlow,
  registerProcess,
  tabulated,
  varianceExploding,
  variancePreserving,
  type Process,
} from '../../src/process/index.js';
import { anyProcess } from '../../src/testing/processes.js';

const expectSame = (actual: Process, expected: Process): void => {
  expect(actual.id).toBe(expected.id);
  expect(actual.parameters).toEqual(expected.parameters);
  expect(actual.classes).toBe(expected.classes);
  expect(actual.roundsNetworkTime).toBe(expected.roundsNetworkTime);
  expect([actual.dataEnd, actual.noiseEnd]).toEqual([expected.dataEnd, expected.noiseEnd]);
  for (const part of [0, 0.01, 0.3, 0.5, 0.9, 1]) {
    const t = expected.dataEnd + part * (expected.noiseEnd - expected.dataEnd);
    for (const name of [
      'alpha',
      'sigma',
      'lambda',
      'drift',
      'squaredDiffusion',
      'varianceOverSignal',
      'networkTime',
    ] as const) {
      expect(actual[name](t), `${name} at ${t}`).toBe(expected[name](t));
    }
  }
};

describe('a process is its id and parameters', () => {
  it('makeProcess(p.id, p.parameters) is p, also through JSON', async () => {
    await fc.assert(
      fc.asyncProperty(anyProcess(), async (process) => {
        const record = JSON.parse(JSON.stringify(process.parameters)) as Record<string, Json>;
        expectSame(await makeProcess(process.id, record), process);
      }),
    );
  });

  it('so are a process of expressions, and one on classes', async () => {
    const expressed = await fromExpressions({
      alpha: '1 - t^p',
      sigma: 't^p',
      networkTime: '1000 t',
      parameters: { p: 1.5 },
      classes: 3,
    });
    for (const process of [expressed, variancePreserving({ classes: 27 }), karras({ classes: 2 })]) {
      const record = JSON.parse(JSON.stringify(process.parameters)) as Record<string, Json>;
      expectSame(await makeProcess(process.id, record), process);
    }
  });

  it('the ids of the processes are those of their families', async () => {
    expect(processes().map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        ...['bfn-continuous', 'bfn-discrete', 'vp-linear', 'vp-cosine', 've', 'edm'],
        ...['rectified-flow', 'ddpm', 'table', 'expression'],
      ]),
    );
  });

  it('defaults are as documented and as those of the functions', async () => {
    const functions = [variancePreserving(), cosine(), varianceExploding(), karras(), rectifiedFlow()];
    for (const process of functions) expectSame(await makeProcess(process.id), process);
    for (const { id, parameters } of processes()) {
      const usual = Object.fromEntries(parameters.map(({ name, default: value }) => [name, value]));
      const made = functions.find((process) => process.id === id);
      if (made) expect(usual).toMatchObject(made.parameters);
    }
    expectSame(await makeProcess('ddpm', { betas: [0.1] }), discreteBetas({ betas: [0.1] }));
    const rectified = { alpha: '1 - t', sigma: 't' };
    expectSame(await makeProcess('expression', rectified), await fromExpressions(rectified));
  });

  it('what is recorded cannot be changed, nor by changing the list that was given', () => {
    const betas = [0.1, 0.2];
    const process = discreteBetas({ betas });
    betas[0] = 0.9;
    expect(process.parameters['betas']).toEqual([0.1, 0.2]);
    expect(() => Object.assign(process.parameters, { betas })).toThrow(TypeError);
    expect(() => (process.parameters['betas'] as number[]).push(0.3)).toThrow(TypeError);
    const table = { times: [0, 1, 2], alphas: [1, 0.8, 0.4], sigmas: [0.1, 0.5, 0.9] };
    const tabled = tabulated(table);
    const before = tabled.alpha(0.5);
    table.alphas[0] = 0.85;
    expect(tabled.alpha(0.5)).toBe(before);
    expect(() => Object.assign(process, { id: 'other' })).toThrow(TypeError);
  });
});

describe('a process in one line of text', () => {
  const lines: [string, () => Process | Promise<Process>][] = [
    ['bfn-continuous:sigma1=0.001', () => continuousBfn({ sigma1: 0.001 })],
    ['bfn-discrete: classes=27, beta1=0.5625', () => discreteBfn({ classes: 27, beta1: 0.5625 })],
    ['vp-linear', () => variancePreserving()],
    ['vp-linear:betaMax=1e1', () => variancePreserving({ betaMax: 10 })],
    ['rectified-flow:classes=4', () => rectifiedFlow({ classes: 4 })],
    [
      'ddpm:betas=[0.1,0.2],networkTimes=real',
      () => discreteBetas({ betas: [0.1, 0.2], networkTimes: 'real' }),
    ],
    [
      'ddpm:betas=[0.1,0.2],networkTimes=[7,9]',
      () => discreteBetas({ betas: [0.1, 0.2], networkTimes: [7, 9] }),
    ],
    [
      'table:times=[0,1,2],alphas=[1,0.8,0.4],sigmas=[0.1,0.5,0.9]',
      () => tabulated({ times: [0, 1, 2], alphas: [1, 0.8, 0.4], sigmas: [0.1, 0.5, 0.9] }),
    ],
    [
      'expression:alpha=1 - pow(t, p),sigma=pow(t, p),parameters={"p": 2}',
      () => fromExpressions({ alpha: '1 - pow(t, p)', sigma: 'pow(t, p)', parameters: { p: 2 } }),
    ],
  ];
  it.each(lines)('%s', async (text, make) => {
    expectSame(await parseProcess(text), await make());
  });

  const bad: [string, RegExp][] = [
    ['bfn', /unknown process "bfn"; there are: bfn-continuous, bfn-discrete, vp-linear/],
    ['', /unknown process ""/],
    ['bfn-continuous', /"bfn-continuous" needs sigma1: standard deviation/],
    ['bfn-continuous:sigma=0.1', /"bfn-continuous" has no parameter "sigma"; it takes sigma1/],
    ['bfn-continuous:sigma1=small', /sigma1 = "small" is not a number \(standard deviation/],
    ['bfn-continuous:sigma1=', /sigma1 = "" is not a number/],
    ['bfn-continuous:sigma1=2', /sigma1 = 2 is not accepted; give a number between 0 and 1/],
    ['bfn-continuous:sigma1=Infinity', /sigma1/],
    ['bfn-continuous:sigma1=0.1,sigma1=0.2', /"sigma1=0.2" is not accepted; give each parameter once/],
    ['bfn-continuous:sigma1', /"sigma1" is not accepted; give each parameter once, as name=value/],
    ['bfn-continuous:', /"" is not accepted/],
    ['vp-linear:__proto__=1', /no parameter "__proto__"/],
    ['vp-linear:constructor=1', /no parameter "constructor"/],
    ['ddpm:betas=0.1', /betas = 0.1 is not a list of numbers/],
    ['ddpm:betas=[0.1', /betas = "\[0.1" is not a list of numbers/],
    ['ddpm:betas=[0.1],networkTimes=rounded', /networkTimes is not a list; give "integer", "real" or a list/],
    ['expression:alpha=1-t,sigma=t,parameters=3', /parameters = 3 is not numbers by name/],
  ];
  it.each(bad)('%s is refused in one line', async (text, message) => {
    const error: unknown = await parseProcess(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).message).not.toContain('\n');
  });

  it('no text fails otherwise', async () => {
    const ids = processes().map(({ id }) => id);
    const part = fc.oneof(
      fc.constantFrom('sigma1=', 'classes=', 'betas=', '[', '{', '=', ',', '1', 't'),
      fc.string(),
    );
    const text = fc
      .tuple(
        fc.oneof(fc.constantFrom(...ids), fc.string()),
        fc.array(part).map((parts) => parts.join('')),
      )
      .map(([id, rest]) => `${id}:${rest}`);
    await fc.assert(
      fc.asyncProperty(text, async (line) => {
        const error: unknown = await parseProcess(line).catch((reason: unknown) => reason);
        if (error instanceof Error) expect(error).toBeInstanceOf(UsageError);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a user's own family", () => {
  it('comes in by the same door', async () => {
    registerProcess({
      id: 'my-flow',
      description: 'rectified flow under another name',
      parameters: [{ name: 'k', kind: 'number', default: 2, description: 'number of classes' }],
      make: ({ k }) => rectifiedFlow({ classes: k as number }),
    });
    expect((await makeProcess('my-flow')).classes).toBe(2);
    expect((await parseProcess('my-flow:k=5')).classes).toBe(5);
    await expect(parseProcess('my-flow:k=1')).rejects.toThrow(/classes = 1/);
  });

  it('may not take a name that is taken, or one that is not kebab-case', () => {
    const family = { description: '', parameters: [], make: () => rectifiedFlow() };
    expect(() => registerProcess({ id: 've', ...family })).toThrow(UsageError);
    expect(() => registerProcess({ id: 'My Flow', ...family })).toThrow(/kebab-case/);
  });
});
