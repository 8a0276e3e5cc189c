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

/** Items of one epoch that follow each other in a batch. */
export interface BatchPart {
  readonly items: readonly number[];
  readonly epoch: number;
}

/**
 * The items of batch `step`: epoch after epoch in an order of its own, without regard to where batches end. In parts by epoch, as pixels
 * drawn anew in each are read: of a batch within an epoch one.
 */
export const batchItems = (
  step: number,
  batch: number,
  count: number,
  seed: number,
): readonly BatchPart[] => {
  const [first, end] = [step * batch, (step + 1) * batch];
  const parts: BatchPart[] = [];
  for (let epoch = Math.floor(first / count); epoch * count < end; epoch++) {
    const from = Math.max(first, epoch * count);
    const to = Math.min(end, (epoch + 1) * count);
    const items = Array.from({ length: to - from }, (_, i) =>
      shuffled(from + i - epoch * count, count, seed, epoch),
    );
    parts.push({ items, epoch });
  }
  return parts;
};
