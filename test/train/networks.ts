import fc from 'fast-check';
import { elements } from '../../src/array/batch.js';
import { randomStream } from '../../src/random/index.js';
import { architecture } from '../../src/train/architectures.js';
import type { Architecture } from '../../src/train/ops.js';
import { countParameters } from '../../src/train/shape-ops.js';

const small = (most: number) => fc.integer({ min: 1, max: most });

/** Small networks of every kind. */
export const anyNetwork = (): fc.Arbitrary<Architecture> =>
  fc.oneof(
    fc
      .record({ dimension: small(5), width: small(9), depth: small(2), outputs: small(2) })
      .map((options) => architecture('mlp', options)),
    fc
      .record({
        length: small(5),
        classes: fc.integer({ min: 2, max: 4 }),
        heads: small(3),
        per: small(4),
        depth: small(2),
      })
      .map(({ heads, per, ...options }) =>
        architecture('transformer', { ...options, heads, width: heads * per }),
      ),
    fc
      .record({
        least: small(2),
        multipliers: fc.constantFrom([1], [2], [1, 2], [2, 1], [1, 2, 1]),
        channels: small(2),
        outputs: small(2),
        blocks: small(2),
        groups: fc.constantFrom(1, 2, 4),
        heads: fc.constantFrom(1, 2, 4),
      })
      .map(({ least, multipliers, ...options }) => {
        const side = least * 2 ** (multipliers.length - 1);
        return architecture('unet', { ...options, multipliers, side, width: 4 });
      }),
    fc
      .record({
        side: small(4),
        channels: small(3),
        depth: small(2),
        outputs: small(2),
        groups: fc.constantFrom(1, 2, 4),
        heads: fc.constantFrom(1, 2, 4),
      })
      .map((options) => architecture('vdm-unet', { ...options, width: 4 })),
  );

/** Weights none of which is 0, for a network that starts at 0 hides much; and a batch and its times. */
export const drawCase = (network: Architecture, batch: number, seed: number) => {
  const { normal, uniform } = randomStream(seed, 'networks');
  const normals = (count: number): Float32Array => Float32Array.from({ length: count }, normal);
  return {
    flat: normals(countParameters(network)).map((w) => 0.4 * w),
    x: normals(batch * elements(network.inputShape)),
    time: Float32Array.from({ length: batch }, uniform),
  };
};
