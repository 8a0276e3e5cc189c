import { randomStream } from '../../random/index.js';

/** 0 to count - 1 in an order drawn with the seed (Fisher and Yates). Throws a `UsageError` unless the seed is an integer in [0, 2^53). */
export const shuffled = (count: number, seed: number): Uint32Array => {
  const stream = randomStream(seed, 'split');
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};
