import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTfjs } from '../../src/array/tfjs.js';
import { parametersOf } from '../../src/train/shape-ops.js';
import { tfjsOps } from '../../src/train/tfjs-ops.js';
import { split } from '../../src/train/weights.js';
import { anyNetwork, drawCase } from './networks.js';
import { plainForward } from './plain-ops.js';
import { anyProgram } from './programs.js';

const largest = (values: Float32Array): number => values.reduce((most, y) => Math.max(most, Math.abs(y)), 0);

// the two backends that come with the package
describe.each(['cpu', 'wasm'] as const)('on tfjs, backend %s', (name) => {
  it('networks and any operations give what simple loops give', async () => {
    const { tf } = await loadTfjs(name);
    const cases = fc.oneof(anyNetwork(), anyProgram());
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 4 }), fc.nat(), (network, batch, seed) => {
        const { flat, x, time } = drawCase(network, batch, seed);
        const weights = split(network, flat);
        const y = tf.tidy(() => {
          const tensors = new Map(
            parametersOf(network).map((own) => [own.name, tf.tensor(weights.get(own.name)!, [...own.shape])]),
          );
          const ops = tfjsOps(tf, { weight: (own) => tensors.get(own)! });
          const given = tf.tensor(x, [batch, ...network.inputShape]);
          return network.forward(ops, given, tf.tensor1d(time)).dataSync() as Float32Array;
        });
        const expected = plainForward(network, weights, x, time).data;
        expect(y.length).toBe(expected.length);
        const difference = largest(y.map((value, i) => value - expected[i]));
        expect(difference / Math.max(1e-3, largest(expected))).toBeLessThan(1e-4);
      }),
      { numRuns: 50 },
    );
  });
});
