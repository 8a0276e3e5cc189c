import { expect, it } from 'vitest';
import { backendNames } from '../../src/array/tfjs.js';
import { inProcess } from './in-process.js';

const { output, bfn } = inProcess('doctor');
const printed = (): string => output.said.join('\n');

it('says of each backend whether it works, and how fast or why not', async () => {
  expect(await bfn()).toBe(0);
  expect(output.complained).toEqual([]);
  expect(printed()).toMatch(/^Node \d+\.\d+\.\d+, .* cores, \d+ GiB of memory\n/);
  expect(printed()).toMatch(/^\| host arrays +\| yes +\| +\| +[\d.]+ \| kernels: (?:wasm-simd|plain) +\|$/m);
  const rows = backendNames.map(
    (name) => new RegExp(`^\\| ${name} +\\| (.*) \\|$`, 'm').exec(printed())?.[1],
  );
  for (const row of rows) {
    expect(row).toMatch(/^(?:(?:yes|yes, used|if named) +\| +[\d.]+ \| +[\d.]+ \| .+|no +\| +\| +\| \S.*)$/);
  }
  expect(rows.filter((row) => row?.startsWith('yes, used'))).toHaveLength(1);
  expect(printed()).toMatch(/^ONNX Runtime(?: [\d.]+:\n {2}cpu: works|: no: .+)$/m);
  const absent = backendNames.filter((_, i) => rows[i]?.startsWith('no'));
  for (const name of absent) expect(printed()).toMatch(new RegExp(`^ {2}${name}: npm install .+$`, 'm'));
});

interface Entry {
  readonly name: string;
  readonly works: boolean;
  readonly [field: string]: unknown;
}

it('prints JSON for machines', async () => {
  expect(await bfn('--json')).toBe(0);
  const report = JSON.parse(printed()) as { backends: Entry[]; onnxRuntime: { providers: Entry[] } };
  expect(report).toMatchObject({
    node: process.versions.node,
    processor: { cores: expect.any(Number) as number },
  });
  expect(report.backends.map(({ name }) => name)).toEqual(backendNames);
  for (const entry of report.backends) {
    expect(entry.get).toMatch(/\S/);
    if (!entry.works) expect(entry.why).toMatch(/^[^\n]+$/);
    else expect([entry.gigaflops, entry.stepMilliseconds].every((value) => Number(value) > 0)).toBe(true);
  }
  expect(report.backends.slice(-2).every(({ works }) => works)).toBe(true);
  for (const { works, why } of report.onnxRuntime.providers) expect(works).toBe(why === undefined);
});
