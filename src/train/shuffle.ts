import { philox } from '../random/philox.js';
import { keyOfSeed, purpose } from '../random/key.js';

const rounds = 6;
const words = new Int32Array(4);

/**
 * Where place `index` of 0..count - 1 goes in the order of an epoch: a permutation, as a function that needs no table. A Feistel network on the
 * next larger power of 4, walked until it is below `count`. (Black and Rogaway 2002, "Ciphers with arbitrary finite domains")
 */
export const shuffled = (index: number, count: number, seed: number, epoch: number): number => {
  const half = Math.max(1, Math.ceil(Math.log2(count) / 2));
  const mask = 2 ** half - 1;
  const key = keyOfSeed(seed);
  let at = index;
  do {
    let [left, right] = [Math.floor(at / 2 ** half), at % 2 ** half];
    for (let round = 0; round < rounds; round++) {
      philox(words, key, right, round, epoch, purpose.order);
      [left, right] = [right, left ^ (words[0] & mask)];
    }
    at = left * 2 ** half + right;
  } while (at >= count);
  return at;
};

/** The items of batch `step`: epoch after epoch in an order of its own, without regard to where batches end. */
export const batchItems = (
  step: number,
  batch: number,
  count: number,
  seed: number,
): { readonly items: readonly number[]; readonly epoch: number } => {
  const places = Array.from({ length: batch }, (_, i) => step * batch + i);
  return {
    items: places.map((place) => shuffled(place % count, count, seed, Math.floor(place / count))),
    epoch: Math.floor(places[0] / count),
  };
};
