import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inProcess } from './in-process.js';
import { workplace } from './run.js';

const place = workplace();
const { output, bfn } = inProcess('sample');
const problem = ['--problem', 'digits:components=2', '--nfe', '4'];

interface Printed {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  readonly samples: readonly (readonly number[])[];
}

const printed = async (...words: string[]): Promise<Printed> => {
  output.said.length = 0;
  expect(await bfn(...words, '--json')).toBe(0);
  return JSON.parse(output.said.join('')) as Printed;
};

describe('bfn sample', () => {
  it('starts from data in a file, as many as these are, and records it', async () => {
    const file = join(place.folder, 'data.npy');
    expect(await bfn(...problem, '--samples', '3', '--out', file)).toBe(0);
    expect((await readFile(file)).length).toBe(128 + 3 * 64 * 4);
    const near = await printed(...problem, '--from', file, '--from-time', '0.25');
    expect(near.shape).toEqual([3, 64]);
    expect(near.settings).toMatchObject({
      grid: { id: 'uniform', eta: 0.75 },
      start: { from: file, t: 0.25, invert: false },
    });
    const more = await printed(...problem, '--from', file, '--samples', '4');
    expect(more.shape).toEqual([4, 64]);
    const inverted = await printed(...problem, '--from', file, '--invert', '--solver', 'ddim');
    expect(inverted.settings).toMatchObject({ start: { from: file, t: 0.99, invert: true } });
  });

  it('records answer, threshold, guidance and the start from the prior', async () => {
    const text = ['--problem', 'text:order=1,length=4', '--samples', '2'];
    expect((await printed(...text, '--answer', 'draw')).settings).toMatchObject({ answer: 'draw' });
    const one = ['--problem', 'mixture-1d', '--samples', '2', '--solver', 'ddim'];
    expect((await printed(...one, '--threshold')).settings).toMatchObject({ threshold: { quantile: 0.995 } });
    const started = await printed(...one, '--start', 'prior-step', '--threshold', 'maximum=2');
    expect(started.settings).toMatchObject({
      start: 'prior-step',
      threshold: { quantile: 0.995, maximum: 2 },
    });
    const usual = await printed(...one);
    expect(usual.settings).toMatchObject({ start: 'zero-mean', clip: null });
    expect(Object.keys(usual.settings)).not.toContain('threshold');
    const guided = await printed('--problem', 'digits:components=2,given=3', '--nfe', '2', '--guidance', '2');
    expect(guided.settings).toMatchObject({ guidance: 2 });
  });
});
