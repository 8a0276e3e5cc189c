import { dense, layerNorm, waves } from './layers.js';
import { requireCounts, requireDropout } from './option-checks.js';
import type { Architecture } from './ops.js';

export interface MlpOptions {
  /** d: numbers of a sample. */
  readonly dimension: number;
  /** Width of the hidden layers. */
  readonly width: number;
  /** Residual blocks. */
  readonly depth: number;
  /** Numbers that the network gives for each of the d; 2 for a mean and a log-deviation. Default 1. */
  readonly outputs?: number;
  /** Default 0. */
  readonly dropout?: number;
}

/** 1/2, 1, 2, ..., 64 turns of the circle over the unit interval of BFN time. */
const frequencies = Array.from({ length: 8 }, (_, j) => Math.PI * 2 ** j);

/**
 * A multilayer perceptron of residual blocks, with the time beside the sample and again in every block: [n, d] and [n] to [n, d] or
 * [n, d, outputs]. Its last layer starts at 0, as do those of the blocks. Throws a `UsageError` for sizes that are not whole numbers from 1.
 */
export const mlp = (options: MlpOptions): Architecture => {
  const { dimension, width, depth, outputs = 1, dropout = 0 } = options;
  requireCounts('mlp', { dimension, width, depth, outputs });
  requireDropout('mlp', dropout);
  const outputShape = outputs === 1 ? [dimension] : [dimension, outputs];
  return {
    id: 'mlp',
    options: { dimension, width, depth, outputs, dropout },
    inputShape: [dimension],
    outputShape,
    forward(ops, x, time) {
      const embedding = ops.silu(dense(ops, 'time', waves(ops, time, frequencies), width));
      let h = ops.add(dense(ops, 'in', x, width), dense(ops, 'in.time', embedding, width, { bias: false }));
      for (let i = 0; i < depth; i++) {
        const name = `block${i}`;
        let inner = ops.silu(dense(ops, `${name}.1`, layerNorm(ops, `${name}.norm`, h), width));
        inner = ops.add(inner, dense(ops, `${name}.time`, embedding, width, { bias: false }));
        inner = ops.dropout(inner, dropout);
        h = ops.add(
          h,
          dense(ops, `${name}.2`, inner, width, { start: { law: 'zeros' }, bias: { law: 'zeros' } }),
        );
      }
      const last = layerNorm(ops, 'out.norm', ops.silu(h));
      const y = dense(ops, 'out', last, dimension * outputs, {
        start: { law: 'zeros' },
        bias: { law: 'zeros' },
      });
      return ops.reshape(y, [-1, ...outputShape]);
    },
  };
};
