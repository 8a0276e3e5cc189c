import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elements } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import { randomStream } from '../../src/random/index.js';
import { architecture, architectures, registerArchitecture } from '../../src/train/architectures.js';
import type { Architecture } from '../../src/train/ops.js';
import { countParameters, parametersOf, shapeOps } from '../../src/train/shape-ops.js';
import { positions } from '../../src/train/transformer.js';
import { split, startWeights } from '../../src/train/weights.js';
import { anyNetwork, drawCase } from './networks.js';
import { plainForward, plainOps, type Plain } from './plain-ops.js';

const text8 = { length: 256, classes: 27, width: 768, depth: 24, heads: 12 };
const mnist = { side: 28, width: 128, dropout: 0.5 };
const cifar = { side: 32, channels: 3, width: 128, depth: 32, dropout: 0.1 };

/** The operands of each concatenation, in shapes alone. */
const joins = (network: Architecture): number[][][] => {
  const found: number[][][] = [];
  const ops = shapeOps(() => undefined);
  network.forward(
    {
      ...ops,
      concat(parts, axis) {
        found.push(parts.map(({ shape }) => [...shape]));
        return ops.concat(parts, axis);
      },
    },
    { shape: [-1, ...network.inputShape] },
    { shape: [-1] },
  );
  return found;
};

class Found extends Error {
  constructor(readonly value: Float32Array) {
    super('found');
  }
}

/** What the network makes of the time at first: the waves, [n, count]. */
const wavesOf = (network: Architecture, time: number): Float32Array => {
  const ops = plainOps(new Map());
  const stops = {
    ...ops,
    concat(parts: readonly Plain[], axis: number): Plain {
      throw new Found(ops.concat(parts, axis).data);
    },
  };
  try {
    network.forward(
      stops,
      { shape: [1, ...network.inputShape], data: new Float32Array(elements(network.inputShape)) },
      { shape: [1], data: Float32Array.of(time) },
    );
  } catch (error) {
    if (error instanceof Found) return error.value;
    throw error;
  }
  throw new Error('nothing was joined');
};

const closeTo = (found: ArrayLike<number>, expected: readonly number[], tolerance: number): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(tolerance));
};

describe('the networks of the BFN paper', () => {
  it.each([
    ['transformer', text8, 170_175_003],
    ['unet', mnist, 24_808_961],
    ['vdm-unet', cifar, 30_722_188],
    ['vdm-unet', { ...cifar, outputs: 2 }, 30_722_188 + 396],
  ] as const)('%s has the published number of parameters', (id, options, count) => {
    expect(countParameters(architecture(id, options))).toBe(count);
  });

  it('hands 33 skips across in the U-Net of VDM, 9 in that of improved diffusion', () => {
    // the others: waves of the time, Fourier features, and at the end the input
    expect(joins(architecture('vdm-unet', cifar))).toHaveLength(33 + 3);
    expect(joins(architecture('unet', mnist))).toHaveLength(9 + 2);
    const skips = joins(architecture('vdm-unet', cifar)).slice(2, -1);
    skips.forEach((parts) => {
      expect(parts).toEqual([
        [-1, 32, 32, 128],
        [-1, 32, 32, 128],
      ]);
    });
  });

  it('places have base 1000, the cosine an exponent of its own', () => {
    const places = positions(256, 768);
    const at = (place: number, j: number): number => places[place * 768 + j];
    expect(at(0, 0)).toBe(0);
    expect(at(0, 1)).toBe(1);
    expect(at(255, 0)).toBeCloseTo(Math.sin(255), 6);
    expect(at(255, 1)).toBeCloseTo(Math.cos(255 / 1000 ** (1 / 768)), 6);
    expect(at(100, 382)).toBeCloseTo(Math.sin(100 / 1000 ** (382 / 768)), 6);
    expect(at(100, 383)).toBeCloseTo(Math.cos(100 / 1000 ** (383 / 768)), 6);
    expect(at(200, 767)).toBeCloseTo(Math.cos(200 / 1000 ** (767 / 768)), 6);
  });

  it('times become cosines and sines of 4000 tau in the U-Net, sines and cosines of 1000 tau + 1 in that of VDM', () => {
    const tau = 0.3;
    const angles = (v: number, frequency: (j: number) => number): number[] =>
      Array.from({ length: 64 }, (_, j) => v * frequency(j));
    const improved = angles(4000 * tau, (j) => 10000 ** (-j / 64));
    const vdm = angles(1000 * (tau + 0.001), (j) => 10 ** ((-4 * j) / 63));
    // float32 angles of a thousand radians are off by 6e-5
    const unet = wavesOf(architecture('unet', { ...mnist, side: 4 }), tau);
    closeTo(unet, [...improved.map(Math.cos), ...improved.map(Math.sin)], 2e-4);
    const vdmUnet = wavesOf(architecture('vdm-unet', { ...cifar, side: 1, depth: 1 }), tau);
    closeTo(vdmUnet, [...vdm.map(Math.sin), ...vdm.map(Math.cos)], 2e-4);
  });

  it('works on images of 14x14', () => {
    const small = architecture('unet', { side: 14, width: 32, multipliers: [1, 2], groups: 8 });
    expect(small.inputShape).toEqual([196]);
    expect(small.outputShape).toEqual([196]);
    expect(countParameters(small)).toBe(935_937);
  });
});

describe('any network', () => {
  it('is made again by its id and options', () => {
    fc.assert(
      fc.property(anyNetwork(), (network) => {
        const again = architecture(
          network.id,
          JSON.parse(JSON.stringify(network.options)) as Record<string, Json>,
        );
        expect(parametersOf(again)).toEqual(parametersOf(network));
        expect(again.options).toEqual(network.options);
      }),
    );
  });

  it('sees each sample alone', () => {
    fc.assert(
      fc.property(anyNetwork(), fc.nat(), (network, seed) => {
        const { flat, x, time } = drawCase(network, 3, seed);
        const weights = split(network, flat);
        const { data } = plainForward(network, weights, x, time);
        const [own, size] = [elements(network.inputShape), elements(network.outputShape)];
        [2, 0, 1].forEach((i) => {
          const alone = plainForward(network, weights, x.slice(i * own, (i + 1) * own), time.slice(i, i + 1));
          expect(alone.shape).toEqual([1, ...network.outputShape]);
          expect(alone.data).toEqual(data.slice(i * size, (i + 1) * size));
        });
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['mlp', { dimension: 2, width: 6, depth: 2 }],
    ['transformer', { length: 3, classes: 2, width: 6, depth: 2, heads: 2 }],
    ['unet', { side: 2, width: 4, groups: 2, multipliers: [1, 2], blocks: 1, outputs: 2 }],
    ['vdm-unet', { side: 2, channels: 2, width: 4, depth: 1, groups: 2, heads: 2 }],
  ])('%s depends on its time and on each of its weights', (id, options) => {
    const network = architecture(id, options);
    const { flat, x, time } = drawCase(network, 1, 1);
    const weights = split(network, flat);
    const before = plainForward(network, weights, x, time).data;
    expect(plainForward(network, weights, x, Float32Array.of(time[0] / 2)).data).not.toEqual(before);
    for (const [name, values] of weights) {
      const { normal } = randomStream(2, name);
      const changed = new Map(weights).set(
        name,
        values.map((w) => w + normal()),
      );
      expect(plainForward(network, changed, x, time).data, name).not.toEqual(before);
    }
  });
});

describe('before training', () => {
  const started = (network: Architecture, x: Float32Array, time: Float32Array): Float32Array =>
    plainForward(network, split(network, startWeights(network, 1)), x, time).data;

  it('a multilayer perceptron gives 0', () => {
    const network = architecture('mlp', { dimension: 3, width: 8, depth: 2 });
    const { x, time } = drawCase(network, 2, 1);
    expect(started(network, x, time)).toEqual(new Float32Array(6));
  });

  it.each([
    ['unet', { side: 4, width: 8, groups: 4, multipliers: [1, 2] }],
    ['vdm-unet', { side: 3, channels: 1, width: 8, depth: 2, groups: 4 }],
  ])('a pixel of a %s looks at itself alone, and linearly', (id, options) => {
    const network = architecture(id, options);
    const { x, time } = drawCase(network, 1, 1);
    const [pixel, other] = [x.with(2, 0), x.with(2, 2)];
    const middle = started(network, x.with(2, 1), time);
    const [from, to] = [started(network, pixel, time), started(network, other, time)];
    middle.forEach((y, i) => {
      if (i !== 2) expect([from[i], to[i]]).toEqual([y, y]);
      else expect(y).toBeCloseTo((from[i] + to[i]) / 2, 5);
    });
    expect(from[2]).not.toBe(to[2]);
  });
});

describe('options', () => {
  const refused = (id: string, options: Record<string, Json>): string => {
    try {
      architecture(id, options);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).not.toContain('\n');
      return (error as Error).message;
    }
    return 'nothing was refused';
  };

  const mlp = { dimension: 2, width: 4, depth: 1 };
  const unet = { side: 8, width: 8, groups: 4 };
  it.each([
    ['resnet', {}, 'unknown architecture "resnet"; there are: mlp, transformer, unet, vdm-unet'],
    [
      'mlp',
      { ...mlp, wide: 3 },
      'architecture "mlp" has no parameter "wide"; it takes dimension, width, depth, outputs, dropout',
    ],
    ['mlp', { width: 4, depth: 1 }, 'architecture "mlp" needs dimension: numbers of a sample'],
    ['mlp', { ...mlp, width: 1.5 }, 'mlp: width is 1.5; it must be a whole number from 1'],
    ['mlp', { ...mlp, dropout: 1 }, 'mlp: dropout is 1; it must be at least 0 and below 1'],
    [
      'mlp',
      { ...mlp, width: '4' },
      'architecture "mlp": width = "4" is not a number (width of the hidden layers)',
    ],
    [
      'transformer',
      { ...text8, heads: 10 },
      'transformer: width is 768; it must be a multiple of 10 (heads)',
    ],
    ['transformer', { ...text8, classes: 0 }, 'transformer: classes is 0; it must be a whole number from 1'],
    ['unet', { ...unet, side: 6 }, 'unet: side is 6; it must be a multiple of 4 (halved 2 times)'],
    ['unet', { ...unet, groups: 3 }, 'unet: width is 8; it must be a multiple of 3 (groups)'],
    ['unet', { ...unet, multipliers: [] }, 'unet: multipliers is empty; accepted is one or more'],
    [
      'unet',
      { ...unet, multipliers: [1, 0.5] },
      'unet: multipliers[1] is 0.5; it must be a whole number from 1',
    ],
    [
      'unet',
      { ...unet, heads: 5 },
      'unet: width of the last level is 16; it must be a multiple of 5 (heads)',
    ],
    [
      'vdm-unet',
      { ...cifar, width: 33 },
      'vdm-unet: width is 33; it must be a multiple of 2 (a sine and a cosine of each frequency)',
    ],
    ['vdm-unet', { ...cifar, dropout: -0.1 }, 'vdm-unet: dropout is -0.1; it must be at least 0 and below 1'],
  ] as const)('of %s %j are refused', (id, options, message) => {
    expect(refused(id, options as Record<string, Json>)).toBe(message);
  });

  it('an architecture of the user comes in by the same door', () => {
    const { forward } = architecture('mlp', mlp);
    registerArchitecture({
      id: 'mine',
      description: 'a test',
      parameters: [{ name: 'depth', kind: 'number', description: 'blocks', default: 2 }],
      make: (options) => ({ id: 'mine', options, inputShape: [2], outputShape: [2], forward }),
    });
    expect(architectures().map(({ id }) => id)).toContain('mine');
    expect(architecture('mine').options).toEqual({ depth: 2 });
    expect(() => registerArchitecture(architectures()[0])).toThrow(UsageError);
  });
});
