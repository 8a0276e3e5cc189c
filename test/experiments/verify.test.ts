import { describe, expect, it } from 'vitest';
import { check, type Definition } from '../../experiments/verify/check.js';
import { checks, selectChecks, textBound } from '../../experiments/verify/index.js';
import { slopeOf, unproved } from '../../experiments/verify/symbolic.js';
import { UsageError } from '../../src/errors.js';

const few = { instances: 12 };

describe.each(checks.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  it('holds', async () => {
    const result = await one.run(few);
    expect(result.error).toBeUndefined();
    expect(result.passed).toBe(true);
    expect(result.residual).toBeGreaterThanOrEqual(0);
  });

  it.each([...one.planted])('fails with an error planted: %s', async (_wrong, run) => {
    const result = await run(few);
    expect(result.error).toBeUndefined(); // it is the claim that fails, not the program
    expect(result.passed).toBe(false);
  });
});

describe('the list', () => {
  it('has an error planted in every claim, and no name twice', () => {
    for (const { planted } of checks) expect(planted.size).toBeGreaterThan(0);
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    for (const { name } of checks) expect(name).toMatch(/^[a-z0-9]+([-.+]+[a-z0-9]+|\+\+)*$/);
  });

  it('checks 200 instances unless told, or proves', async () => {
    const quick = selectChecks(checks, ['time-at-lambda', 'theorem-4.1', 'path-law-discrete', 'algorithm-7']);
    const results = await Promise.all(quick.map((one) => one.run()));
    expect(results.map(({ instances }) => instances)).toEqual([200, 1, 200, 200]);
    for (const { method, tolerance, run } of checks) {
      const { instances, residual } =
        method === 'symbolic' ? await run({ instances: 2 }) : { instances: 2, residual: 0 };
      if (instances === 1) expect([tolerance, residual]).toEqual([0, 0]); // a proof leaves nothing open
    }
  });

  it('takes the same instances for a seed, and others for another', async () => {
    const [one] = selectChecks(checks, ['proposition-4.2']);
    const first = await one.run({ ...few, seed: 1 });
    expect(await one.run({ ...few, seed: 1 })).toEqual(first);
    expect((await one.run({ ...few, seed: 2 })).residual).not.toBe(first.residual);
  });

  it('is selected from by name, in its own order', () => {
    expect(selectChecks(checks, [])).toBe(checks);
    const names = selectChecks(checks, ['theorem-5.2', 'theorem-4.1']).map(({ name }) => name);
    expect(names).toEqual(['theorem-4.1', 'theorem-5.2']);
    expect(() => selectChecks(checks, ['theorem-9'])).toThrow(UsageError);
    expect(() => selectChecks(checks, ['theorem-9'])).toThrow(
      /unknown check "theorem-9"; there are: drift-and/,
    );
  });
});

describe('a check', () => {
  const made = (residual: () => number, more: Partial<Definition<null>> = {}) =>
    check<null>({
      name: 'made-up',
      statement: 'nothing',
      source: 'this test',
      method: 'moments',
      tolerance: 1,
      formula: null,
      planted: {},
      residual,
      ...more,
    });
  const passes = async (values: readonly number[], more: Partial<Definition<null>> = {}) => {
    let next = 0;
    const { passed, residual } = await made(() => values[next++], more).run({ instances: values.length });
    return [passed, residual];
  };

  it('takes the largest residual, or of a difference the smallest, and forgives no NaN', async () => {
    expect(await passes([0.1, 1, 0.2])).toEqual([true, 1]);
    expect(await passes([0.1, 1.1, 0.2])).toEqual([false, 1.1]);
    expect(await passes([2, 1, 3], { differs: true })).toEqual([true, 1]);
    expect(await passes([2, 0.9, 3], { differs: true })).toEqual([false, 0.9]);
    expect(await passes([NaN, 0.1])).toEqual([false, NaN]);
    expect(await passes([0.1, NaN])).toEqual([false, NaN]);
    expect(await passes([NaN, 5], { differs: true })).toEqual([false, NaN]);
    expect(await passes([Infinity])).toEqual([false, Infinity]);
  });

  it('that throws has failed, and says what it threw', async () => {
    const broken = made(() => {
      throw new RangeError('no such thing');
    });
    expect(await broken.run()).toMatchObject({ passed: false, error: 'no such thing' });
  });

  it('refuses to check nothing', async () => {
    await expect(made(() => 0).run({ instances: 0 })).rejects.toThrow(UsageError);
    await expect(made(() => 0).run({ seed: -1 })).rejects.toThrow(UsageError);
  });
});

describe('identities of rational functions', () => {
  it('are decided, both ways', async () => {
    const identities = [
      '(a + b)^3 - a^3 - 3*a^2*b - 3*a*b^2 - b^3',
      '1/(1 - x) - 1 - x/(1 - x)',
      'a^-2*a - 1/a',
      '-(-a) - a',
    ];
    expect(await unproved(identities)).toBe(0);
    expect(await unproved(['(a + b)^2 - a^2 - b^2', '1/(1 - x) - 1 - x/(1 + x)', 'a/b - b/a', 'x'])).toBe(4);
  });

  it('with derivatives along a path', async () => {
    const slope = await slopeOf('a^2 / s', { a: 'A', s: 'S' });
    expect(await unproved([`${slope} - (2*a*A/s - a^2*S/s^2)`])).toBe(0);
    expect(await unproved([`${slope} - (2*a*A/s + a^2*S/s^2)`])).toBe(1);
  });

  it('are refused where they are none', async () => {
    await expect(unproved(['exp(x) - 1'])).rejects.toThrow(TypeError);
    await expect(unproved(['x^y'])).rejects.toThrow(/powers are whole numbers/);
    await expect(unproved(['x^0.5'])).rejects.toThrow(RangeError);
    await expect(unproved(['1/(x - x)'])).rejects.toThrow(/divides by 0/);
  });
});

it('the text of the problem `text`: its bound is its entropy and a little, in bits a character', async () => {
  const { entropy, entropyRate, bound, mutualInformation, reconstruction, totalCorrelation } =
    await textBound({
      order: 1,
      length: 16,
      samples: 400,
      draws: 4,
    });
  expect(entropy).toBeGreaterThan(entropyRate);
  expect(mutualInformation.value + reconstruction.value).toBeCloseTo(bound.value, 12);
  expect(totalCorrelation.value).toBeGreaterThan(3 * totalCorrelation.standardError);
  expect(totalCorrelation.value).toBeLessThan(reconstruction.value);
  expect(Math.abs(bound.value - entropy - totalCorrelation.value)).toBeLessThan(5 * bound.standardError);
});
