import { expect, it } from 'vitest';
import { check } from '../../experiments/verify/check.js';
import { checks } from '../../experiments/verify/index.js';
import { inProcess } from './in-process.js';
import { verifyCommand } from '../../src/cli/verify.js';

const { output, bfn } = inProcess('verify');
const printed = (): string => output.said.join('\n');

it('prints the residual of each claim that is asked for', async () => {
  expect(await bfn('theorem-5.1', 'proposition-4.2', '--instances', '5')).toBe(0);
  const rows = printed()
    .split('\n')
    .filter((line) => line.startsWith('| holds'));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(/theorem-5\.1 +\| symbolic +\| +1 \| +0 \| <= 0/);
  expect(rows[1]).toMatch(/proposition-4\.2 +\| coefficients \| +5 \| +\d\.\de-1\d \| <= 1\.0e-10/);
  expect(printed()).toMatch(/2 of 2 claims hold \(\d+\.\d s\)/);
  expect(output.complained).toEqual([]);
});

it('prints JSON for machines, the same for a seed', async () => {
  const words = ['theorem-5.2', '--instances', '3', '--seed', '4', '--json'];
  expect(await bfn(...words)).toBe(0);
  const first = printed();
  const { checks: found } = JSON.parse(first) as { checks: Record<string, unknown>[] };
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    name: 'theorem-5.2',
    method: 'moments',
    instances: 3,
    passed: true,
    relation: '<=',
  });
  const fields = ['name', 'statement', 'method', 'instances', 'residual', 'tolerance', 'passed'];
  expect(Object.keys(found[0])).toEqual(expect.arrayContaining(fields));
  output.said.length = 0;
  expect(await bfn(...words)).toBe(0);
  expect(printed()).toBe(first);
});

it('lists what the claims say', async () => {
  expect(await bfn('--list')).toBe(0);
  for (const { name, statement } of checks) expect(printed()).toContain(`${name}\n  ${statement}`);
  output.said.length = 0;
  expect(await bfn('--list', '--json', 'theorem-4.1')).toBe(0);
  expect(JSON.parse(printed())).toMatchObject({ checks: [{ name: 'theorem-4.1', method: 'symbolic' }] });
});

it('fails if a claim does, and says what the claim is', async () => {
  const wrong = check<number>({
    name: 'two-and-two',
    statement: '2 + 2 = 5',
    source: 'Orwell 1949',
    method: 'moments',
    tolerance: 0,
    formula: 5,
    planted: { right: 4 },
    residual: (sum) => Math.abs(2 + 2 - sum),
  });
  const throwing = check<null>({
    ...{ name: 'thrown', statement: 'nothing', source: 'none', method: 'moments', tolerance: 0 },
    formula: null,
    planted: {},
    residual: () => {
      throw new Error('out of cheese');
    },
  });
  const run = (...words: string[]) => verifyCommand([wrong, throwing]).parseAsync(words, { from: 'user' });
  await expect(run('two-and-two')).rejects.toThrow(/^1 of 1 claims fail: two-and-two$/);
  expect(printed()).toMatch(/FAILS \| two-and-two/);
  expect(printed()).toContain('2 + 2 = 5\n  (Orwell 1949)');
  await expect(run('--json')).rejects.toThrow('2 of 2 claims fail: two-and-two, thrown');
  expect(printed()).toContain('out of cheese');
});

it.each([
  [['no-such-claim'], /unknown check "no-such-claim"; there are: /],
  [['--instances', '0'], /whole number from 1/],
  [['--instances', 'many'], /whole number from 1/],
  [['--seed', '-1'], /whole number from 0/],
  [['--sed', '1'], /unknown option '--sed'/],
])('refuses %j in one line, with exit code 2', async (words, message) => {
  expect(await bfn(...words)).toBe(2);
  expect(output.complained.join('').trim()).toMatch(message);
  expect(output.complained.join('').trim()).not.toContain('\n');
  expect(output.said).toEqual([]);
});
