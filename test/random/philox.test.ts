import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox } from '../../src/random/philox.js';

const mask = 0xffffffffn;

/** The definition, in integers without a bound. */
const definition = (counter: readonly number[], low: number, high: number): number[] => {
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let [k0, k1] = [BigInt(low), BigInt(high)];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
};

const words = (counter: readonly number[], low: number, high: number): number[] => {
  const out = new Int32Array(4);
  const [c0, c1, c2, c3] = counter;
  philox(out, { low, high }, c0, c1, c2, c3);
  return Array.from(out, (word) => word >>> 0);
};

describe('philox', () => {
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the known answer of Random123 for counter %j', (counter, [low, high], answer) => {
    expect(words(counter, low, high)).toEqual(answer);
  });

  it('is its definition, for every counter and key', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), word, word, (counter, low, high) => {
        expect(words(counter, low, high)).toEqual(definition(counter, low, high));
      }),
    );
  });
});
