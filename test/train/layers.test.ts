import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elements } from '../../src/array/batch.js';
import { pixelAttention, residual, type BlockOptions } from '../../src/train/image-blocks.js';
import { attention, dense, groupNorm, layerNorm } from '../../src/train/layers.js';
import { reshapedOrder } from '../../src/train/onnx-layout.js';
import type { Architecture, Ops, Shaped } from '../../src/train/ops.js';
import { split, startWeights } from '../../src/train/weights.js';
import { drawCase } from './networks.js';
import { plainForward } from './plain-ops.js';

type Layer = <T extends Shaped>(ops: Ops<T>, x: T, time: T) => T;

const network = (
  inputShape: readonly number[],
  outputShape: readonly number[],
  forward: Layer,
): Architecture => ({
  id: 'layer',
  options: {},
  inputShape,
  outputShape,
  forward,
});

/** What a layer gives with the weights it starts from. */
const started = (shape: readonly number[], outputShape: readonly number[], forward: Layer) => {
  const layer = network(shape, outputShape, forward);
  const { x, time } = drawCase(layer, 2, 1);
  return { x, y: plainForward(layer, split(layer, startWeights(layer, 1)), x, time).data };
};

const meanAndVariance = (values: readonly number[]): [number, number] => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length];
};

describe('layers', () => {
  it('attention is softmax(q k^T / sqrt(d)) v in each head', () => {
    const sizes = fc.record({
      length: fc.integer({ min: 1, max: 4 }),
      heads: fc.integer({ min: 1, max: 3 }),
      depth: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(sizes, ({ length, heads, depth }) => {
        const width = heads * depth;
        const { x, y } = started([length, 3 * width], [length, width], (ops, h) => attention(ops, h, heads));
        // of q, k or v
        const at = (n: number, place: number, part: number, head: number, i: number): number =>
          x[(n * length + place) * 3 * width + part * width + head * depth + i];
        y.forEach((value, flat) => {
          const [i, head] = [flat % depth, Math.floor(flat / depth) % heads];
          const [place, n] = [Math.floor(flat / width) % length, Math.floor(flat / width / length)];
          const terms = Array.from({ length }, (_, other) => {
            let product = 0;
            for (let j = 0; j < depth; j++) product += at(n, place, 0, head, j) * at(n, other, 1, head, j);
            return [Math.exp(product / Math.sqrt(depth)), at(n, other, 2, head, i)];
          });
          const total = terms.reduce((sum, [weight]) => sum + weight, 0);
          const expected = terms.reduce((sum, [weight, v]) => sum + (weight / total) * v, 0);
          expect(value).toBeCloseTo(expected, 5);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('layer normalisation is over the last axis, group normalisation over the pixels and a group of channels', () => {
    const layer = started([5, 7], [5, 7], (ops, h) => layerNorm(ops, 'norm', h)).y;
    for (let row = 0; row < 10; row++) {
      const [mean, variance] = meanAndVariance([...layer.subarray(7 * row, 7 * row + 7)]);
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 4);
    }
    const group = started([3, 2, 6], [3, 2, 6], (ops, h) => groupNorm(ops, 'norm', h, 2)).y;
    for (const n of [0, 1]) {
      for (const which of [0, 1]) {
        const own = [...group.subarray(36 * n, 36 * n + 36)].filter(
          (_, i) => Math.floor((i % 6) / 3) === which,
        );
        const [mean, variance] = meanAndVariance(own);
        expect(mean).toBeCloseTo(0, 5);
        expect(variance).toBeCloseTo(1, 4);
      }
    }
  });

  it('the blocks of a U-Net pass on what they see before they are trained', () => {
    const blocks = <T extends Shaped>(ops: Ops<T>, h: T, time: T): T => {
      const options: BlockOptions<T> = {
        groups: 2,
        heads: 2,
        dropout: 0.5,
        timeFor: (name, width) => dense(ops, name, ops.reshape(time, [-1, 1]), width),
      };
      return pixelAttention(ops, 'attention', residual(ops, 'residual', h, 4, options), options);
    };
    const { x, y } = started([2, 3, 4], [2, 3, 4], blocks);
    expect(y).toEqual(x);
  });
});

/** With the first two axes as one. */
const merged = (shape: readonly number[]): number[] =>
  shape.length > 1 ? [shape[0] * shape[1], ...shape.slice(2)] : [...shape];

describe('the layout of axes', () => {
  it('survives a reshape if no number moves: entries lie where they lay', () => {
    const cases = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        to: fc.constantFrom(shape, shape.toReversed(), [elements(shape)], [1, ...shape], merged(shape), [
          ...shape,
          1,
        ]),
      }),
    );
    const lyingAt = (shape: readonly number[], order: readonly number[], flat: number): number => {
      const place = shape.map((size, axis) => Math.floor(flat / elements(shape.slice(axis + 1))) % size);
      return order.reduce((at, axis) => at * shape[axis] + place[axis], 0);
    };
    let kept = 0;
    fc.assert(
      fc.property(cases, ({ shape, order, to }) => {
        const after = reshapedOrder({ shape, order }, to);
        if (after === undefined) return;
        kept++;
        for (let flat = 0; flat < elements(shape); flat++) {
          expect(lyingAt(to, after, flat)).toBe(lyingAt(shape, order, flat));
        }
      }),
    );
    expect(kept).toBeGreaterThan(20);
  });

  it('joins the batch with no other axis', () => {
    expect(reshapedOrder({ shape: [2, -1], order: [0, 1] }, [-1, 2])).toBeUndefined();
    expect(reshapedOrder({ shape: [-1, 6], order: [0, 1] }, [-1, 3])).toBeUndefined();
    expect(reshapedOrder({ shape: [-1, 2, 3, 4], order: [0, 3, 1, 2] }, [-1, 6, 2, 2])).toEqual([0, 2, 3, 1]);
  });
});
