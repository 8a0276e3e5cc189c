import { expect, it, vi } from 'vitest';
import { fromExpressions, parseProcess, processes } from '../../src/process/index.js';

const mathjs = vi.hoisted(() => ({ loads: 0 }));

vi.mock(import('mathjs/number'), async (original) => {
  mathjs.loads++;
  return original();
});

it('mathjs is loaded by the first expression, and by nothing else', async () => {
  for (const { id } of processes()) await parseProcess(id).catch(() => undefined);
  await parseProcess('bfn-continuous:sigma1=0.1');
  await expect(fromExpressions({ alpha: '1', sigma: 't', parameters: { t: 1 } })).rejects.toThrow(/name "t"/);
  expect(mathjs.loads).toBe(0);
  await fromExpressions({ alpha: '1 - t', sigma: 't' });
  expect(mathjs.loads).toBe(1);
});
