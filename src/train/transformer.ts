import { attention, dense, layerNorm } from './layers.js';
import { requireCounts, requireDropout, requireMultiple } from './option-checks.js';
import type { Architecture, Ops, Shaped, Start } from './ops.js';

export interface TransformerOptions {
  /** Variables of a sample. */
  readonly length: number;
  /** K: classes of a variable. */
  readonly classes: number;
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  /** Of attention; they divide the width. */
  readonly heads: number;
  /** Default 0. */
  readonly dropout?: number;
}

/** As in the code of Graves et al.: base 1000, and sine and cosine have frequencies of their own. [length, width] */
export const positions = (length: number, width: number): Float32Array =>
  Float32Array.from({ length: length * width }, (_, i) => {
    const [place, j] = [Math.floor(i / width), i % width];
    const angle = place / 1000 ** (j / width);
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });

const zeros = { law: 'zeros' } as const;
const normal = (deviation: number): Start => ({ law: 'normal', deviation });

/**
 * The text network of Graves et al. 2023 (arXiv:2308.07037): a GPT in which every place sees all, shown `2 theta - 1`, the place and
 * `2 tau - 1`; what it is shown comes back beside its output before the last layer. From probabilities theta, [n, length, K], and BFN time
 * tau, [n], to logits, [n, length, K]. Theirs has width 768, depth 24, heads 12.
 *
 * Throws a `UsageError` for sizes that don't go together.
 */
export const transformer = (options: TransformerOptions): Architecture => {
  const { length, classes, width, depth, heads, dropout = 0 } = options;
  requireCounts('transformer', { length, classes, width, depth, heads });
  requireMultiple('transformer: width', width, heads, 'heads');
  requireDropout('transformer', dropout);
  const usual = { start: normal(0.02), bias: zeros };
  const added = { start: normal(0.02 / Math.sqrt(2 * depth)), bias: zeros };
  const places = positions(length, width);
  const shape = [length, classes];
  return {
    id: 'transformer',
    options: { length, classes, width, depth, heads, dropout },
    inputShape: shape,
    outputShape: shape,
    forward<T extends Shaped>(ops: Ops<T>, x: T, time: T) {
      const layer = (name: string, input: T, outputs: number, options = usual): T =>
        dense(ops, name, input, outputs, options);
      const when = layer('in.time', ops.reshape(ops.scale(time, 2, -1), [-1, 1, 1]), width);
      const where = ops.constant(places, [length, width]);
      const shown = ops.add(ops.add(layer('in', ops.scale(x, 2, -1), width), where), when);
      let h = ops.dropout(shown, dropout);
      for (let i = 0; i < depth; i++) {
        const name = `block${i}`;
        const projections = layer(`${name}.attention`, layerNorm(ops, `${name}.norm1`, h), 3 * width);
        const seen = attention(ops, projections, heads, dropout);
        h = ops.add(h, ops.dropout(layer(`${name}.attention.out`, seen, width, added), dropout));
        const inner = ops.gelu(layer(`${name}.mlp.1`, layerNorm(ops, `${name}.norm2`, h), 4 * width));
        h = ops.add(h, ops.dropout(layer(`${name}.mlp.2`, inner, width, added), dropout));
      }
      return layer('out', ops.concat([layerNorm(ops, 'out.norm', h), shown], 2), classes);
    },
  };
};
