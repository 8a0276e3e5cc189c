import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearDescription, linearGraph, onnxFile } from '../denoiser/onnx-file.js';
import { inProcess } from './in-process.js';

const { output, bfn } = inProcess('sample');
let folder = '';

/** A network that gives the same whatever it is shown. */
const constant = (b: readonly number[], shape: readonly number[] = [b.length]) =>
  onnxFile(
    linearGraph(
      { W: b.map((_, i) => b.map((__, j) => (i === j ? 1e-9 : 0))), b, v: b.map(() => 0) },
      { shape },
    ),
  );

const write = async (name: string, graph: Uint8Array, description: object): Promise<string> => {
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, graph);
  await writeFile(join(folder, `${name}.json`), JSON.stringify(description));
  return path;
};

const colours = [-1, 0.1, 1, 1, -1, 0.5];
let pictures = '';
let words = '';
let bits = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-model-'));
  // two pixels of three channels, in [-2, 2]
  pictures = await write('pictures', constant(colours), {
    ...linearDescription(6, { predicts: 'data', dataRange: [-2, 2] }),
    data: { kind: 'picture', width: 2, height: 1, channels: 3 },
  });
  const discrete = (classes: number) => ({ id: 'bfn-discrete', parameters: { classes, beta1: 9 } });
  words = await write('words', constant([9, 0, 0, 0, 0, 9], [2, 3]), {
    ...{ format: 'bfn-sde network 1', process: discrete(3), sampleShape: [2, 3], predicts: 'logits' },
    data: { kind: 'text', alphabet: 'abc' },
  });
  bits = await write('bits', constant([-99, 99]), {
    ...{ format: 'bfn-sde network 1', process: discrete(2), sampleShape: [2, 2], predicts: 'binary-logit' },
    data: { kind: 'picture', width: 2, height: 1 },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The two pixels of the first picture of a contact sheet. */
const pixels = async (file: string): Promise<number[][]> => {
  const { data, width, channels } = decode(await readFile(file));
  return [6, 10].map((x) => [...data.subarray((6 * width + x) * channels, (6 * width + x + 1) * channels)]);
};

describe('bfn sample --model', () => {
  it('draws pictures in their colours and range, in batches of any size, with a record of what it was', async () => {
    const out = join(folder, 'pictures.png');
    const asked = ['--model', pictures, '--nfe', '3', '--samples', '5', '--seed', '2'];
    expect(await bfn(...asked, '--threads', '1', '--out', out)).toBe(0);
    expect(output.said).toEqual([`5 samples of pictures are in ${out}`]);
    const shade = (value: number) => Math.round((255 * (value + 2)) / 4);
    expect(await pixels(out)).toEqual([colours.slice(0, 3).map(shade), colours.slice(3).map(shade)]);
    output.said.length = 0;
    expect(await bfn(...asked, '--batch', '2', '--json')).toBe(0);
    const printed = JSON.parse(output.said.join('')) as Record<string, unknown>;
    expect(printed).toMatchObject({
      model: 'pictures',
      parameters: {
        file: pictures,
        provider: 'cpu',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
      solver: 'sde-bfn-solver++2',
      shape: [5, 6],
    });
    expect((printed.samples as number[][])[4][5]).toBeCloseTo(0.5, 5);
  });

  it('draws text and pictures of classes', async () => {
    const out = join(folder, 'words.txt');
    expect(
      await bfn('--model', words, '--solver', 'bfn-solver2', '--nfe', '4', '--samples', '2', '--out', out),
    ).toBe(0);
    expect(await readFile(out, 'utf8')).toBe('ac\nac\n');
    const png = join(folder, 'bits.png');
    expect(await bfn('--model', bits, '--solver', 'bfn', '--nfe', '4', '--samples', '1', '--out', png)).toBe(
      0,
    );
    expect(await pixels(png)).toEqual([[0], [255]]);
  });

  it('says in a note that a provider is not there, and draws all the same', async () => {
    expect(
      await bfn('--model', words, '--provider', 'cuda', '--nfe', '2', '--out', join(folder, 'w.txt')),
    ).toBe(0);
    if (output.complained.length === 0) return console.warn('\n*** SKIPPED: CUDA is there ***\n');
    expect(output.complained.join('')).toMatch(
      /^note: the provider cuda is not there \([^\n]+\); the network runs on cpu$/,
    );
  });

  it.each<[string, () => string[], RegExp]>([
    [
      'no file',
      () => ['--model', 'none.onnx'],
      /^error: none\.onnx has no trained network: cannot read none\.json: ENOENT[^\n]*$/,
    ],
    [
      'another ending',
      () => ['--model', 'a.pt'],
      /^error: cannot open the network a\.pt; accepted is NAME\.onnx with NAME\.json beside it, or the folder of a training$/,
    ],
    [
      'a problem beside it',
      () => ['--model', words, '--problem', 'text'],
      /^error: --model and --problem both say what to sample; give one$/,
    ],
    [
      'threads of none',
      () => ['--threads', '2'],
      /^error: --threads is of a learned network: --model <file>$/,
    ],
    [
      'a start',
      () => ['--model', pictures, '--start', 'moment-matched'],
      /^error: the start "moment-matched" needs the moments of the data$/,
    ],
    [
      'a reference',
      () => ['--model', pictures, '--solver', 'bfn-solver++2', '--reference', 'covariance'],
      /^error: the problem "pictures" knows no covariance of its data, which a reference needs$/,
    ],
    [
      'an ending for pictures',
      () => ['--model', words, '--out', join(folder, 'x.png')],
      /the ending can be \.txt, \.csv, \.npy$/,
    ],
  ])('%s is one line, exit code 2, and nothing is written', async (_, asked, message) => {
    const before = await readdir(folder);
    expect(await bfn(...asked())).toBe(2);
    expect(output.complained.join('\n')).toMatch(message);
    expect(await readdir(folder)).toEqual(before);
  });
});
