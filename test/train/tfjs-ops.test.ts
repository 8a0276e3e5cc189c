import fc from 'fast-check';
import type * as core from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/train/architectures.js';
import { tfjsOps } from '../../src/train/tfjs-ops.js';
import { leftBehind, onEveryBackend } from '../array/backends.js';
import { type Computation, computation, errorsOn, ofNetwork } from './computations.js';
import { anyNetwork } from './networks.js';

/** Each operation where its gradient can go wrong: several samples, sizes that differ, operands that are broadcast or used twice. */
const operations: readonly (readonly [string, Computation])[] = [
  [
    'constant',
    computation([[2, 3]], (ops, [x]) => ops.multiply(x, ops.constant(Float32Array.of(1, -2, 3), [3]))),
  ],
  ['add', computation([[3, 4, 2], [2]], (ops, [x, y]) => ops.add(x, y))],
  [
    'add, of a sample',
    computation(
      [
        [3, 4, 2],
        [3, 1, 2],
      ],
      (ops, [x, y]) => ops.add(x, y),
    ),
  ],
  [
    'multiply',
    computation(
      [
        [3, 4, 2],
        [4, 1],
      ],
      (ops, [x, y]) => ops.multiply(x, y),
    ),
  ],
  ['multiply, by itself', computation([[3, 4]], (ops, [x]) => ops.multiply(x, x))],
  ['scale', computation([[3, 4]], (ops, [x]) => ops.scale(x, -2.5, 0.75))],
  [
    'linear',
    computation(
      [
        [3, 5],
        [5, 2],
      ],
      (ops, [x, w]) => ops.linear(x, w),
    ),
  ],
  [
    'linear, of places',
    computation(
      [
        [3, 4, 5],
        [5, 2],
      ],
      (ops, [x, w]) => ops.linear(x, w),
    ),
  ],
  [
    'matMul',
    computation(
      [
        [2, 3, 4, 5],
        [2, 3, 5, 2],
      ],
      (ops, [x, y]) => ops.matMul(x, y),
    ),
  ],
  [
    'convolve',
    computation(
      [
        [2, 5, 6, 3],
        [3, 3, 3, 4],
      ],
      (ops, [x, w]) => ops.convolve(x, w),
    ),
  ],
  [
    'convolve, one pixel',
    computation(
      [
        [3, 1, 1, 2],
        [3, 3, 2, 2],
      ],
      (ops, [x, w]) => ops.convolve(x, w),
    ),
  ],
  [
    'convolve, stride 2',
    computation(
      [
        [2, 6, 4, 3],
        [3, 3, 3, 4],
      ],
      (ops, [x, w]) => ops.convolve(x, w, 2),
    ),
  ],
  [
    'convolve, stride 2 of odd sides',
    computation(
      [
        [2, 5, 7, 3],
        [3, 3, 3, 4],
      ],
      (ops, [x, w]) => ops.convolve(x, w, 2),
    ),
  ],
  [
    'convolve, 1x1',
    computation(
      [
        [2, 3, 5, 3],
        [1, 1, 3, 4],
      ],
      (ops, [x, w]) => ops.convolve(x, w),
    ),
  ],
  [
    'convolve, 1x1 with stride 2',
    computation(
      [
        [2, 3, 6, 3],
        [1, 1, 3, 4],
      ],
      (ops, [x, w]) => ops.convolve(x, w, 2),
    ),
  ],
  ['upsample', computation([[3, 4, 5, 2]], (ops, [x]) => ops.upsample(x))],
  ['reshape', computation([[3, 4, 2]], (ops, [x]) => ops.reshape(x, [-1, 2, 4]))],
  ['transpose', computation([[3, 4, 2, 2]], (ops, [x]) => ops.transpose(x, [0, 2, 1, 3]))],
  [
    'concat',
    computation(
      [
        [3, 2, 2],
        [3, 4, 2],
      ],
      (ops, [x, y]) => ops.concat([x, y, x], 1),
    ),
  ],
  ['slice', computation([[3, 4, 2]], (ops, [x]) => ops.slice(x, 1, 1, 3))],
  ['sin', computation([[3, 4]], (ops, [x]) => ops.sin(x))],
  ['cos', computation([[3, 4]], (ops, [x]) => ops.cos(x))],
  ['silu', computation([[3, 40]], (ops, [x]) => ops.silu(ops.scale(x, 5)))],
  ['gelu', computation([[3, 40]], (ops, [x]) => ops.gelu(ops.scale(x, 5)))],
  ['softmax', computation([[3, 2, 4]], (ops, [x]) => ops.softmax(ops.scale(x, 5)))],
  ['normalise', computation([[3, 8]], (ops, [x]) => ops.normalise(x, [1], 1e-2))],
  ['normalise, groups', computation([[3, 4, 2, 3]], (ops, [x]) => ops.normalise(x, [1, 3], 1e-5))],
];

const networks: readonly (readonly [string, Computation])[] = (
  [
    ['mlp', { dimension: 3, width: 8, depth: 2, outputs: 2 }],
    ['transformer', { length: 4, classes: 3, width: 8, depth: 2, heads: 2 }],
    ['unet', { side: 4, channels: 2, width: 4, groups: 2, multipliers: [1, 2], blocks: 1, heads: 2 }],
    ['vdm-unet', { side: 3, channels: 2, width: 4, depth: 1, groups: 2, heads: 2 }],
  ] as const
).map(([id, options]) => [id, ofNetwork(architecture(id, options), 3, 1)]);

/** The most that values and gradients may be off: float32 through a whole network, and on a GPU a sine of which WGSL asks no more than 2^-11. */
const tolerance = { webgpu: 1e-3, others: 2e-5 };

describe('values and gradients are those of simple loops in float64,', () => {
  onEveryBackend((tfjs) => {
    const { tf, backend } = tfjs;
    const check = async (what: Computation, seed?: number): Promise<void> => {
      const { values, gradient } = await errorsOn(tf, what, seed);
      const most = backend === 'webgpu' ? tolerance.webgpu : tolerance.others;
      expect(values).toBeLessThan(most);
      expect(gradient).toBeLessThan(most);
    };

    it.each(operations)('of %s', (_name, what) => check(what));
    it.each(networks)('of the network %s', (_name, what) => check(what));

    it.skipIf(backend === 'webgpu')('of any small network, whatever its weights and batch', async () => {
      await fc.assert(
        fc.asyncProperty(anyNetwork(), fc.integer({ min: 1, max: 4 }), fc.nat(), (network, batch, seed) =>
          check(ofNetwork(network, batch, seed), seed),
        ),
        { numRuns: 10 },
      );
    });

    it('dropout: the part that is told of the entries is 0, the others grow, and the gradient knows which', async () => {
      const count = 400;
      const uniforms = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => (i + 0.5) / n);
      const ops = tfjsOps(tf, { weight: () => tf.scalar(0), uniforms });
      const [value, slope] = tf.tidy(() => {
        const x = tf.fill([4, count / 4], 3);
        return [ops.dropout(x, 0.25), tf.grad((y: core.Tensor) => tf.sum(ops.dropout(y, 0.25)))(x)];
      });
      const wanted = Float32Array.from({ length: count }, (_, i) => (i < count / 4 ? 0 : 4 / 3));
      expect(await slope.data()).toEqual(wanted);
      expect(await value.data()).toEqual(wanted.map((factor) => 3 * factor));
      tf.dispose([value, slope]);
      const calm = tfjsOps(tf, { weight: () => tf.scalar(0) });
      const x = tf.ones([2]);
      expect(calm.dropout(x, 0.25)).toBe(x);
      x.dispose();
    });

    it('leaves no tensors behind', async () => {
      const work = () => errorsOn(tf, networks[0][1]);
      await work(); // numbers that recur are kept
      expect(await leftBehind(tfjs, work)).toBe(0);
    });
  });
});
