import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GreyImages, allImages, binariser, writeImage } from '../../src/data/images.js';
import { UsageError } from '../../src/errors.js';

/** Images of any side that `factor` divides. */
const images = fc
  .record({
    to: fc.integer({ min: 1, max: 4 }),
    factor: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ to, factor, count }) => {
    const side = to * factor;
    const length = count * side * side;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((pixels) => ({ to, factor, grey: { side, pixels, darkest: 255, labels: new Uint8Array(count) } }));
  });

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe('averaging down', () => {
  it('keeps the mean of each image, and each constant image', () => {
    fc.assert(
      fc.property(images, ({ to, factor, grey }) => {
        const { side, labels, pixels } = grey;
        const out = allImages(grey, to);
        expect(out.length).toBe(labels.length * to * to);
        labels.forEach((_, i) => {
          const small = out.subarray(i * to * to, (i + 1) * to * to);
          const own = pixels.subarray(i * side * side, (i + 1) * side * side);
          expect(mean(small)).toBeCloseTo(mean(own) / 127.5 - 1, 5);
        });
        const constant: GreyImages = { ...grey, pixels: pixels.map(() => pixels[0]) };
        const value = Math.fround((2 * pixels[0] * factor ** 2) / (255 * factor ** 2) - 1);
        expect(new Set(allImages(constant, to))).toEqual(new Set([value]));
      }),
    );
  });

  it('takes each block for its own pixel: a dark block is dark, all others are not', () => {
    fc.assert(
      fc.property(images, fc.nat(), fc.nat(), ({ to, factor, grey }, row, column) => {
        const [y, x] = [row % to, column % to];
        const inBlock = (at: number): boolean => {
          const [down, across] = [Math.floor(at / grey.side) % grey.side, at % grey.side];
          return Math.floor(down / factor) === y && Math.floor(across / factor) === x;
        };
        const out = new Float32Array(to * to);
        writeImage(out, { ...grey, pixels: grey.pixels.map((_, at) => (inBlock(at) ? 255 : 0)) }, 0, to);
        expect([...out]).toEqual([...out.keys()].map((at) => (at === y * to + x ? 1 : -1)));
      }),
    );
  });
});

describe('dynamic binarisation', () => {
  const drawn = (seed: number, index: number, epoch: number, pixel = 0, count = 256): Float32Array => {
    const image = new Float32Array(count).fill(pixel);
    binariser(seed)(image, index, epoch);
    return image;
  };

  it('is a function of seed, image and epoch, whatever was drawn before', () => {
    const key = fc.record({ seed: fc.maxSafeInteger().map(Math.abs), index: fc.nat(), epoch: fc.nat() });
    fc.assert(
      fc.property(key, key, ({ seed, index, epoch }, other) => {
        const draw = binariser(seed);
        draw(new Float32Array(7), other.index, other.epoch);
        const image = new Float32Array(256);
        draw(image, index, epoch);
        const again = drawn(seed, index, epoch);
        expect(image).toEqual(again);
        for (const [s, i, e] of [
          [seed === 0 ? 1 : seed - 1, index, epoch],
          [seed, index + 1, epoch],
          [seed, index, epoch + 1],
        ]) {
          expect(drawn(s, i, e)).not.toEqual(again);
        }
      }),
    );
  });

  it('draws 1 with the probability of the grey, 0 of white and 1 of black', () => {
    const count = 40_000;
    for (const p of [0, 0.03, 0.5, 0.9, 1]) {
      const image = drawn(5, 3, 1, 2 * p - 1, count);
      expect(image.every((value) => value === 0 || value === 1)).toBe(true);
      const deviation = Math.sqrt((p * (1 - p)) / count);
      expect(Math.abs(mean(image) - p)).toBeLessThanOrEqual(4 * deviation);
    }
  });

  it('refuses what is no seed or epoch', () => {
    expect(() => binariser(-1)).toThrow(UsageError);
    expect(() => drawn(1, 0, 0.5)).toThrow(UsageError);
  });
});
