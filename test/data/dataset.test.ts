import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Dataset,
  type Split,
  datasetList,
  openDataset,
  parseDataset,
  registerDataset,
} from '../../src/data/dataset.js';
import { partsOf } from '../../src/data/datasets/split.js';
import { readDigits } from '../../src/data/digits.js';
import { readMnist } from '../../src/data/mnist.js';
import { npyOf } from '../../src/data/npy.js';
import { decode, readText } from '../../src/data/text.js';
import { UsageError } from '../../src/errors.js';
import { cifarOf, idxOf } from './formats.js';

let folder = '';
const fileOf = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

/** Data sets of every id and kind, small or shipped. */
const opened: Record<string, Dataset> = {};
const lines = async (): Promise<readonly string[]> => {
  const text = await fileOf('text.txt', 'a man a plan a canal panama '.repeat(9));
  const numbers = await fileOf(
    'numbers.npy',
    npyOf({ shape: [30, 2, 2], data: Float32Array.from({ length: 120 }, (_, i) => i / 120) }),
  );
  const classes = await fileOf(
    'classes.npy',
    npyOf({ shape: [30], data: Float32Array.from({ length: 30 }, (_, i) => i % 3) }),
  );
  const records = await fileOf('records.bin', cifarOf(20));
  return [
    'digits',
    'digits:side=4,binarise=dynamic,split=[100,20,10]',
    'mnist:side=7',
    'mnist:binarise=dynamic',
    'text:length=20',
    `text:path=${text},length=5,split=[0.5,0.5]`,
    `npy:path=${numbers},range=[0,1]`,
    `npy:path=${classes},classes=3`,
    `npy:path=${classes},classes=4,split=[10,10,10]`,
    `cifar10:path=${records}`,
  ];
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-dataset-'));
  for (const line of await lines()) opened[line] = await openDataset(line);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const splitsOf = ({ train, valid, test }: Dataset): readonly Split[] => [
  train,
  valid,
  ...(test ? [test] : []),
];
const all = ({ count }: Split): number[] => [...Array(count).keys()];
/** The items of a split as texts, so that they can be compared and counted. */
const itemsOf = (split: Split, indices = all(split)): string[] => {
  const { shape, data } = split.read(indices, 0);
  const size = data.length / shape[0];
  return indices.map((_, i) => data.subarray(i * size, (i + 1) * size).join());
};

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe('a data set', () => {
  it('gives items of its shape, within its range or classes, whatever indices are asked for', () => {
    for (const dataset of Object.values(opened)) {
      const { shape, kind, classes = 0, range } = dataset;
      expect(range).toEqual([-1, 1]);
      expect(kind === 'values').toBe(dataset.classes === undefined);
      if (kind === 'binary') expect(classes).toBe(2);
      for (const split of splitsOf(dataset)) {
        const indices = fc.array(fc.nat(split.count - 1), { maxLength: 9 });
        fc.assert(
          fc.property(indices, fc.nat(), (asked, epoch) => {
            const batch = split.read(asked, epoch);
            expect(batch.shape).toEqual([asked.length, ...shape]);
            expect(batch.data).toBeInstanceOf(Float32Array);
            expect(batch.data.length).toBe(batch.shape.reduce((a, b) => a * b, 1));
            const accepted = (x: number): boolean =>
              kind === 'values' ? x >= -1 && x <= 1 : Number.isInteger(x) && x >= 0 && x < classes;
            expect(batch.data.every(accepted)).toBe(true);
          }),
          { numRuns: 20 },
        );
        for (const index of [-1, split.count, 0.5, NaN]) {
          expect(() => split.read([index], 0)).toThrow(
            `item ${index} of a split; accepted are 0 to ${split.count - 1}`,
          );
        }
      }
    }
  });

  it('gives an item whatever is read with it, and the same at every epoch but where pixels are drawn', () => {
    for (const { kind, train, valid } of Object.values(opened)) {
      for (const split of [train, valid]) {
        const indices = [0, split.count - 1, Math.floor(split.count / 2), 0];
        expect(indices.flatMap((index) => itemsOf(split, [index]))).toEqual(itemsOf(split, indices));
        const [before, after] = [0, 1].map((epoch) => split.read(indices, epoch).data);
        if (kind === 'binary') expect(after).not.toEqual(before);
        else expect(after).toEqual(before);
      }
    }
  });

  it('names itself, with defaults filled in, so that it can be opened again', async () => {
    for (const [line, dataset] of Object.entries(opened)) {
      const { id, parameters, checksum, train } = dataset;
      expect(id).toBe(parseDataset(line).id);
      expect(parameters).toMatchObject(parseDataset(line).parameters);
      if (id === 'mnist' || line === 'text:length=20') continue; // as the others, but slower
      const again = await openDataset({ id, parameters });
      expect(again.checksum).toBe(checksum);
      expect(again.parameters).toEqual(parameters);
      expect(itemsOf(again.train, [0, train.count - 1])).toEqual(itemsOf(train, [0, train.count - 1]));
    }
    expect(opened.digits.parameters).toEqual({ binarise: 'no', split: [0.9, 0.1], seed: 1 });
  });

  it('splits its items so that each is in one part', async () => {
    const { images } = await readDigits();
    const known = Array.from({ length: 1797 }, (_, i) => images.subarray(i * 64, (i + 1) * 64).join());
    const seen = await Promise.all(
      ['digits', 'digits:seed=2'].map(async (line) =>
        splitsOf(await openDataset(line)).map((split) => itemsOf(split)),
      ),
    );
    for (const [train, valid] of seen) {
      expect([train.length, valid.length]).toEqual([1617, 180]);
      expect([...train, ...valid].sort()).toEqual(known.toSorted());
    }
    expect(seen[0][1].toSorted()).not.toEqual(seen[1][1].toSorted());
  });
});

describe('parts', () => {
  const fractions = fc
    .array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 3 })
    .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b)));

  it('by fractions that sum to 1 are all there is, each of its size to rounding', () => {
    fc.assert(
      fc.property(fractions, fc.integer({ min: 1000, max: 1e8 }), (split, count) => {
        const parts = partsOf('x', count, split);
        expect(parts.map(([from]) => from)).toEqual([0, ...parts.slice(0, -1).map(([, to]) => to)]);
        expect(parts.at(-1)?.[1]).toBe(count);
        parts.forEach(([from, to], i) =>
          expect(Math.abs(to - from - split[i] * count)).toBeLessThanOrEqual(1),
        );
      }),
    );
  });

  it('of text8 are the published 90, 5 and 5 million characters, by fractions and by numbers', () => {
    const published = [
      [0, 90_000_000],
      [90_000_000, 95_000_000],
      [95_000_000, 100_000_000],
    ];
    expect(partsOf('text8', 100_000_000, [0.9, 0.05, 0.05])).toEqual(published);
    expect(partsOf('text8', 100_000_000, [90_000_000, 5_000_000, 5_000_000])).toEqual(published);
  });

  it.each([
    [[0.9], /^x: split = \[0\.9\] is not accepted; give 2 or 3 fractions/],
    [[0.9, 0.2], /is not accepted/],
    [[0.5, 2], /is not accepted/],
    [[0.5, 0.5, 0], /is not accepted/],
    [[1, 1, 1, 1], /is not accepted/],
    [[9, 2], /asks for 11; there are 10$/],
    [[0.99, 0.01], /leaves nothing to valid; there are 10$/],
  ] as const)('%j of ten are refused', (split, says) => {
    expect(() => partsOf('x', 10, split)).toThrow(UsageError);
    expect(() => partsOf('x', 10, split)).toThrow(says);
  });
});

describe('the images', () => {
  it('of MNIST that ship are those to train on, and the test to validate with', async () => {
    const { train, valid } = opened['mnist:side=7'];
    expect([train.count, valid.count]).toEqual([60_000, 10_000]);
    const { images } = await readMnist(7);
    expect(valid.read(all(valid), 0).data.every((value, i) => value === images[i])).toBe(true);
  });

  it('of MNIST in a folder may be of its own side or a whole fraction of it', async () => {
    const images = Uint8Array.from({ length: 2 * 36 }, (_, i) => 3 * i);
    for (const part of ['train', 't10k']) {
      await fileOf(`${part}-images-idx3-ubyte.gz`, gzipSync(idxOf([2, 6, 6], images)));
      await fileOf(`${part}-labels-idx1-ubyte.gz`, gzipSync(idxOf([2], Uint8Array.of(1, 2))));
    }
    const own = await openDataset({ id: 'mnist', parameters: { path: folder } });
    expect(own.shape).toEqual([6, 6]);
    expect(own.train.read([0, 1], 0).data).toEqual(Float32Array.from(images, (byte) => (2 * byte) / 255 - 1));
    const half = await openDataset({ id: 'mnist', parameters: { path: folder, side: 3 } });
    expect(half.train.read([1], 0).data[0]).toBeCloseTo((3 * (36 + 37 + 42 + 43)) / 4 / 127.5 - 1, 6);
    // images of the two files that have the same place have other pixels
    const drawn = await openDataset({ id: 'mnist', parameters: { path: folder, binarise: 'dynamic' } });
    expect(drawn.train.read([0, 1], 0)).not.toEqual(drawn.valid.read([0, 1], 0));
  });

  it('binarised have their greys as means over the epochs', () => {
    const grey = opened['mnist:side=7'].valid; // a pixel in 7x7 is the mean of four
    const { valid } = opened['mnist:binarise=dynamic'];
    const epochs = 40;
    const drawn = Array.from({ length: epochs }, (_, epoch) => sum(valid.read([5], epoch).data));
    const expected = sum(Float32Array.from(grey.read([5], 0).data, (value) => 2 * (value + 1)));
    // a sum of Bernoulli variables has at most its mean as its variance
    const mean = sum(drawn) / epochs;
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(expected / epochs));
  });

  it('of CIFAR-10 in a folder are the five files, and the sixth to validate with', async () => {
    for (let n = 1; n <= 5; n++) await fileOf(`data_batch_${n}.bin`, cifarOf(n, n));
    const test = cifarOf(2, 9);
    await expect(openDataset(`cifar10:path=${folder}`)).rejects.toThrow(
      /^cannot read the data file \S+test_batch\.bin: ENOENT/,
    );
    await fileOf('test_batch.bin', test);
    const { train, valid, shape } = await openDataset(`cifar10:path=${folder}`);
    expect([train.count, valid.count, shape]).toEqual([15, 2, [32, 32, 3]]);
    expect(valid.read([1], 0).data[1]).toBe(Math.fround((2 * test[3073 + 1 + 1024]) / 255 - 1));
  });
});

describe('the windows of a text', () => {
  it('to train on begin at every character of the first part; those to validate with lie side by side in the second', async () => {
    const content = Array.from({ length: 200 }, (_, i) => 'ABCDEFG'[(i ** 3 + (i >> 2)) % 7]).join('');
    const path = await fileOf('windows.txt', content);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 20, max: 150 }),
        fc.integer({ min: 20, max: 50 }),
        async (length, first, second) => {
          const line = `text:path=${path},alphabet=*,length=${length},split=[${first},${second}]`;
          const { train, valid, alphabet, classes, test } = await openDataset(line);
          expect([alphabet, classes, test]).toEqual(['ABCDEFG', 7, undefined]);
          const textsOf = (split: Split) =>
            itemsOf(split).map((item) => decode(item.split(',').map(Number), alphabet));
          const every = Array.from({ length: first - length + 1 }, (_, i) => content.slice(i, i + length));
          expect(textsOf(train)).toEqual(every);
          const part = content.slice(first, first + second);
          expect(textsOf(valid).join('')).toBe(part.slice(0, second - (second % length)));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of what ships are those of WikiText-2, by the 27 symbols', async () => {
    const { train, valid, test, classes, alphabet, checksum } = opened['text:length=20'];
    const whole = await readText();
    const [from, to] = [Math.round(0.9 * whole.length), Math.round(0.95 * whole.length)];
    expect(checksum).toBe(createHash('sha256').update(whole).digest('hex'));
    expect([classes, alphabet]).toEqual([27, ' abcdefghijklmnopqrstuvwxyz']);
    expect([train.count, valid.count]).toEqual([from - 19, Math.floor((to - from) / 20)]);
    const at = (split: Split | undefined, index: number) =>
      decode(split?.read([index], 0).data ?? [], alphabet);
    expect(at(train, 123_456)).toBe(whole.slice(123_456, 123_476));
    expect(at(valid, 3)).toBe(whole.slice(from + 60, from + 80));
    expect(at(test, 0)).toBe(whole.slice(to, to + 20));
  });
});

describe('a data set that there is not', () => {
  const entry = (at: number, value: number): Float32Array => {
    const data = new Float32Array(24);
    data[at] = value;
    return data;
  };
  beforeAll(async () => {
    await fileOf('nan.npy', npyOf({ shape: [4, 3, 2], data: entry(13, NaN) }));
    await fileOf('large.npy', npyOf({ shape: [4, 3, 2], data: entry(23, 1.5) }));
    await fileOf('empty.npy', npyOf({ shape: [0, 3], data: new Float32Array(0) }));
    await fileOf('scalar.npy', npyOf({ shape: [], data: Float32Array.of(1) }));
    await fileOf('short.txt', 'abc');
    await fileOf('one.csv', `${Array(65).fill(0).join()}\n`);
  });

  it.each([
    ['faces', /^unknown dataset "faces"; there are: digits, mnist, text, cifar10, npy$/],
    ['digits:width=3', /^dataset "digits" has no parameter "width"; it takes path, side/],
    ['digits:side=3', /^dataset "digits": side = 3 is not accepted; accepted are 1, 2, 4, 8$/],
    ['mnist:side=28', /^dataset "mnist": side = 28 is not accepted; accepted are 1, 2, 7, 14$/],
    ['digits:binarise=yes', /binarise = yes is not accepted; accepted are no, dynamic$/],
    ['digits:seed=-1', /seed -1: accepted are integers/],
    ['digits:split=[0.9]', /split = \[0\.9\] is not accepted/],
    [
      'digits:path=FOLDER/one.csv',
      /^dataset "digits": split = \[0\.9, 0\.1\] leaves nothing to valid; there are 1$/,
    ],
    ['mnist:path=FOLDER/none', /^cannot read the data file \S+none\/t\S+: ENOENT/],
    ['text:length=0', /length is 0; it must be a whole number from 1$/],
    [
      'text:source=text8,length=60000',
      /length = 60000 is more than the 50000 characters from 900000, a part of the split$/,
    ],
    ['text:source=text8,split=[90000000,5000000]', /asks for 95000000; there are 1000000$/],
    ['text:source=dickens', /there is no text "dickens"; there are: wikitext2/],
    ['text:source=text8,path=x', /path and source are two texts; give one of them$/],
    [
      'text:path=FOLDER/short.txt,alphabet=ab',
      /short\.txt has "c" at byte 2; accepted are the characters of "ab"$/,
    ],
    ['cifar10', /^dataset "cifar10" needs path: /],
    ['cifar10:path=FOLDER/none', /^cannot read the data file \S+none: ENOENT/],
    ['cifar10:path=FOLDER,split=[0.5,0.5]', /a folder has its own split; give split for a single file only$/],
    ['npy', /^dataset "npy" needs path: /],
    [
      'npy:path=FOLDER/nan.npy',
      /nan\.npy: entry \[2, 0, 1\] is NaN; accepted are numbers from -1 to 1 \(range says/,
    ],
    [
      'npy:path=FOLDER/large.npy',
      /large\.npy: entry \[3, 2, 1\] is 1\.5; accepted are numbers from -1 to 1 \(range says/,
    ],
    ['npy:path=FOLDER/large.npy,classes=3', /entry \[3, 2, 1\] is 1\.5; accepted are classes from 0 to 2$/],
    ['npy:path=FOLDER/large.npy,classes=1', /classes is 1; it must be a whole number from 2$/],
    [
      'npy:path=FOLDER/large.npy,range=[2,1]',
      /range = \[2, 1\] is not accepted; give two numbers, lower and upper$/,
    ],
    [
      'npy:path=FOLDER/empty.npy',
      /has shape \(0, 3\); accepted is \(n, \.\.\.\), n items that are not empty$/,
    ],
    ['npy:path=FOLDER/scalar.npy', /has shape \(\); accepted is/],
    ['npy:path=FOLDER/short.txt', /short\.txt is no \.npy file that can be read: byte 0 is 97/],
  ])('as %s is refused in one line', async (line, says) => {
    const refused = openDataset(line.replace('FOLDER', folder));
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(/^[^\n]+$/);
  });

  it('can be registered', async () => {
    const mine: Dataset = { ...opened.digits, id: 'mine' };
    registerDataset({ id: 'mine', description: 'my own', parameters: [], make: async () => mine });
    expect(await openDataset('mine')).toBe(mine);
    expect(datasetList().map(({ id }) => id)).toEqual(['digits', 'mnist', 'text', 'cifar10', 'npy', 'mine']);
    expect(() =>
      registerDataset({ id: 'mine', description: '', parameters: [], make: async () => mine }),
    ).toThrow(UsageError);
  });
});
