import { expect, it } from 'vitest';
import { solverFamilies } from '../../solvers/index.js';
import { inProcess } from './in-process.js';

const { output, bfn } = inProcess('solvers');

it('bfn solvers lists the families with lines that are accepted', async () => {
  expect(await bfn()).toBe(0);
  for (const { id } of solverFamilies()) {
    expect(output.said.join('\n')).toMatch(new RegExp(`^\\| ${id}:\\S+=\\S+ +\\|`, 'm'));
  }
});
