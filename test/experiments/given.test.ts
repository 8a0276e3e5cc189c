import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSamples } from '../../experiments/cell.js';
import { samplesWriter } from '../../experiments/files.js';
import { rowsOf } from '../../experiments/rows.js';
import { statesFrom } from '../../experiments/given-start.js';
import { asData } from '../../experiments/problem.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import { readSamples } from '../../experiments/read-samples.js';
import { UsageError } from '../../src/errors.js';

const make = (line: string) => {
  const { id, parameters } = parseProblem(line);
  return makeProblem(id, parameters);
};
const task = (solver: string, nfe: number, samples: number, settings = {}) => ({
  problem: { id: '', parameters: {} },
  run: { solver, nfe, settings },
  samples,
  seed: 1,
});

describe('a problem with something given', () => {
  it('is the law of a digit, and all digits together are the law of nothing given', async () => {
    const all = await make('digits:components=6,classes=0-2');
    const [zero, one, two] = await Promise.all(
      [0, 1, 2].map((digit) => make(`digits:components=6,classes=0-2,given=${digit}`)),
    );
    expect(zero.moments.mean).not.toEqual(one.moments.mean);
    // by the shares of the 178, 182 and 177 images of 0, 1 and 2
    const counts = [178, 182, 177];
    Array.from(all.moments.mean).forEach((value, j) => {
      const mixed = [zero, one, two].reduce(
        (sum, { moments }, c) => sum + (counts[c] * moments.mean[j]) / 537,
        0,
      );
      expect(mixed).toBeCloseTo(value, 6);
    });
  });

  it('is the texts with the known characters, in every sample, and the marginals of the others', async () => {
    const problem = await make('text:order=1,length=12,given=the _____ of');
    const { samples } = await drawSamples(problem, task('bfn', 4, 50));
    const characters = ' abcdefghijklmnopqrstuvwxyz';
    const texts = rowsOf(samples).map((row) => row.map((k) => characters[k]).join(''));
    for (const text of texts) expect(text).toMatch(/^the .{5} of$/);
    expect(new Set(texts).size).toBeGreaterThan(40);
    // known coordinates have no variance, and their means are the data
    const known = asData(problem, {
      shape: [1, 12],
      data: Float32Array.from([...'the xxxxx of'], (c) => characters.indexOf(c)),
    });
    [0, 1, 2, 3, 9, 10, 11].forEach((at) => {
      for (let k = 0; k < 27; k++) {
        expect(problem.moments.mean[27 * at + k]).toBeCloseTo(known.data[27 * at + k], 6);
      }
    });
    expect(() => problem.trueSamples(3, 1)).toThrow(UsageError);
  });

  it.each([
    ['text:length=4,given=longer', /given has 6 characters; accepted are up to the length, 4/],
    ['text:given=The', /the text has "T" at position 0/],
    ['text:source=bible', /source = bible is not accepted; there are: wikitext2, text8, tinyshakespeare/],
    ['digits:classes=4-2', /classes = 4-2 is not accepted; give a digit or a range/],
    ['digits:classes=ten', /classes = ten is not accepted/],
    ['digits:classes=0-4,given=7', /given = 7 is not accepted; classes are 0-4/],
    ['mnist:side=28', /MNIST images of side 28; accepted are 7 and 14/],
  ])('%s is refused in one line', async (line, says) => {
    await expect((async () => make(line))()).rejects.toThrow(says);
    await expect((async () => make(line))()).rejects.toBeInstanceOf(UsageError);
  });
});

describe('samples that come from a file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-read-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['mixture-2d', '.npy'],
    ['mixture-2d', '.csv'],
    ['text:order=1,length=9', '.txt'],
    ['text:order=1,length=9,source=tinyshakespeare', '.txt'],
    ['text:order=1,length=9', '.npy'],
  ])('are those that were written: %s as %s', async (line, ending) => {
    const problem = await make(line);
    const samples = problem.trueSamples(40, 1);
    const path = join(folder, `samples${ending}`);
    await writeFile(path, samplesWriter(path, problem)(samples));
    const read = await readSamples(path, problem);
    expect(read.shape).toEqual(samples.shape);
    expect([...read.data]).toEqual([...Float32Array.from(samples.data)]);
  });

  it.each([
    ['mixture-2d', 'a.csv', '1,2\n3\n', /sample 2 is not 2 finite numbers/],
    ['mixture-2d', 'a.csv', '1,x\n', /sample 1 is not 2 finite numbers/],
    ['mixture-2d', 'a.csv', '', /sample 1 is not 2/],
    [
      'mixture-2d',
      'a.npy',
      'no array, but some text',
      /: it is no \.npy file that can be read: byte 0 is 110/,
    ],
    ['mixture-2d', 'a.npy', '', /cannot read samples of "mixture-2d"/],
    ['mixture-2d', 'a.png', '', /the ending can be \.csv, \.npy/],
    ['simplex-3', 'a.csv', '3\n', /sample 1 is not 1 classes from 0 to 2/],
    ['text:order=1,length=4', 'a.txt', 'abc!\n', /"!" at position 3/],
  ])('of %s in %s are refused: %j', async (line, name, content, says) => {
    const problem = await make(line);
    await writeFile(join(folder, name), content);
    const read = readSamples(join(folder, name), problem);
    await expect(read).rejects.toBeInstanceOf(UsageError);
    await expect(read).rejects.toThrow(says);
    await expect(readSamples(join(folder, 'none.csv'), problem)).rejects.toThrow(/ENOENT/);
  });

  it('start a run near them: the nearer to the data, the less is changed; inverted, they come back', async () => {
    const problem = await make('digits:components=3');
    const data = problem.trueSamples(6, 2);
    const far = async (solver: string, eta: number, invert: boolean) => {
      const settings = {
        grid: { id: 'half-log-snr', parameters: { eta, tMin: 0.02 } },
        lastStep: 'stop' as const,
      };
      const { run } = task(solver, 40, 12, settings);
      const states = await statesFrom(problem, run, { data, invert, samples: 12, seed: 1 });
      const { samples } = await drawSamples(problem, task(solver, 40, 12, settings), { states });
      const back = samples.data.map((value, i) => value - data.data[i % data.data.length]);
      return Math.hypot(...back) / Math.sqrt(back.length);
    };
    const [near, middle, whole] = [
      await far('bfn-solver++2', 0.9, false),
      await far('bfn-solver++2', 0.3, false),
      await far('bfn-solver++2', 0.01, false),
    ];
    expect(near).toBeLessThan(middle);
    expect(middle).toBeLessThan(whole);
    expect(await far('unipc-2', 0.3, true)).toBeLessThan(middle / 2);
    await expect(far('bfn', 0.3, true)).rejects.toThrow(/bfn adds noise, and only an ODE can be inverted/);
  });
});
