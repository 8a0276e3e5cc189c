import { describe, expect, it } from 'vitest';
import { readMnist } from '../../src/data/mnist.js';
import { UsageError } from '../../src/errors.js';

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
