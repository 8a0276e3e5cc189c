import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledMnist, mnistIn, readMnist } from '../../src/data/mnist.js';
import { UsageError } from '../../src/errors.js';
import { idxOf } from './formats.js';

describe('the small MNIST', () => {
  it('has the published classes, and pixels from -1 to 1', async () => {
    const { images, labels } = await readMnist();
    expect(images).toHaveLength(10000 * 196);
    expect(
      Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length),
    ).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    const [least, most] = images.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [0, 0]);
    expect([least, most]).toEqual([-1, 1]);
    // the mean grey of MNIST's test images, 33.79 of 255, to the rounding of its pixels to sixteenths
    const mean = images.reduce((a, b) => a + b, 0) / images.length;
    expect((255 * (mean + 1)) / 2).toBeCloseTo(33.79, 0);
  });

  it('of side 7 is the mean of 2x2 blocks of side 14', async () => {
    const [large, small] = [(await readMnist(14)).images, (await readMnist(7)).images];
    for (const at of [0, 17, 48, 49 * 9999 + 30]) {
      const [image, y, x] = [Math.floor(at / 49), Math.floor(at / 7) % 7, at % 7];
      const block = [0, 1, 14, 15].map((offset) => large[image * 196 + 28 * y + 2 * x + offset]);
      expect(small[at]).toBeCloseTo(block.reduce((a, b) => a + b) / 4, 6);
    }
    await expect(readMnist(28)).rejects.toBeInstanceOf(UsageError);
  });
});

describe('MNIST', () => {
  it('that ships has the published classes, and the mean grey of the images to train on', async () => {
    const { labels, pixels, side, darkest } = await bundledMnist('train');
    expect([labels.length, pixels.length, side, darkest]).toEqual([60000, 60000 * 196, 14, 16]);
    const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect([...labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    // .1307 on a scale to 1, as published, to the rounding of pixels to sixteenths
    expect(pixels.reduce((a, b) => a + b, 0) / pixels.length / 16).toBeCloseTo(0.1307, 2);
  });

  let folder = '';
  const put = (name: string, content: Uint8Array) => writeFile(join(folder, name), content);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-mnist-'));
    await put(
      'train-images-idx3-ubyte.gz',
      gzipSync(idxOf([2, 2, 2], Uint8Array.of(0, 255, 1, 2, 3, 4, 5, 6))),
    );
    await put('train-labels-idx1-ubyte', idxOf([2], Uint8Array.of(7, 1)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read from a folder, packed by gzip or not', async () => {
    const { side, darkest, pixels, labels } = await mnistIn(folder, 'train');
    expect([side, darkest, [...pixels], [...labels]]).toEqual([2, 255, [0, 255, 1, 2, 3, 4, 5, 6], [7, 1]]);
  });

  it.each([
    [
      'fewer labels',
      idxOf([2, 1, 1], Uint8Array.of(1, 2)),
      idxOf([1], Uint8Array.of(1)),
      /labels-idx1-ubyte has 1 labels; \S+ has 2 images$/,
    ],
    [
      'images that are no squares',
      idxOf([1, 2, 1], Uint8Array.of(1, 2)),
      idxOf([1], Uint8Array.of(1)),
      /images of 2x1 pixels; accepted are squares$/,
    ],
    [
      'no images',
      idxOf([0, 1, 1], new Uint8Array(0)),
      idxOf([0], new Uint8Array(0)),
      /has no pixels; accepted is one image or more$/,
    ],
    [
      'labels in place of images',
      idxOf([1], Uint8Array.of(1)),
      idxOf([1], Uint8Array.of(1)),
      /images-idx3-ubyte is no IDX file .* byte 3/,
    ],
  ])('with %s is refused', async (_, images, labels, says) => {
    await put('t10k-images-idx3-ubyte', images);
    await put('t10k-labels-idx1-ubyte', labels);
    const refused = mnistIn(folder, 't10k');
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
  });
});
