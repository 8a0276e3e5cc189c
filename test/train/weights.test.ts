import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { architecture } from '../../src/train/architectures.js';
import { countParameters, parametersOf } from '../../src/train/shape-ops.js';
import { readWeights, writeWeights } from '../../src/train/weights-file.js';
import { split, startWeights } from '../../src/train/weights.js';
import { anyNetwork } from './networks.js';

const transformer = (depth: number) =>
  architecture('transformer', { length: 6, classes: 5, width: 32, depth, heads: 2 });

describe('start weights', () => {
  it('are a function of the seed and of the name: another block changes no other tensor', () => {
    const [short, long] = [transformer(1), transformer(2)];
    const [few, more] = [split(short, startWeights(short, 7)), split(long, startWeights(long, 7))];
    for (const [name, values] of few) {
      // how deep it is tells the projections back how small to start
      if (!/attention\.out|mlp\.2/.test(name)) expect(more.get(name)).toEqual(values);
    }
    expect(more.get('block0.mlp.1.weight')).not.toEqual(more.get('block1.mlp.1.weight'));
    expect(startWeights(short, 8)).not.toEqual(startWeights(short, 7));
  });

  it('follow their laws', () => {
    fc.assert(
      fc.property(anyNetwork(), fc.nat(), (network, seed) => {
        const views = split(network, startWeights(network, seed));
        for (const { name, start } of parametersOf(network)) {
          const values = views.get(name)!;
          if (start.law === 'zeros') expect(values.every((w) => w === 0)).toBe(true);
          if (start.law === 'ones') expect(values.every((w) => w === 1)).toBe(true);
          if (start.law === 'uniform') expect(values.every((w) => Math.abs(w) <= start.bound)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
    const network = transformer(2);
    const views = split(network, startWeights(network, 3));
    const deviation = (name: string): number => {
      const values = views.get(name)!;
      return Math.sqrt(values.reduce((sum, w) => sum + w * w, 0) / values.length);
    };
    // 4096 numbers: 5 standard errors are 5.5%
    expect(Math.abs(deviation('block1.mlp.1.weight') / 0.02 - 1)).toBeLessThan(0.055);
    expect(Math.abs(deviation('block1.mlp.2.weight') / (0.02 / Math.sqrt(4)) - 1)).toBeLessThan(0.055);
    const uniform = architecture('mlp', { dimension: 4, width: 64, depth: 1 });
    const drawn = split(uniform, startWeights(uniform, 3)).get('block0.1.weight')!;
    const meanSquare = drawn.reduce((sum, w) => sum + w * w, 0) / drawn.length;
    expect(Math.abs(meanSquare / (1 / 64 / 3) - 1)).toBeLessThan(0.07);
  });
});

describe('a vector of weights', () => {
  it('is split into views that hold it all, in the order of the parameters', () => {
    fc.assert(
      fc.property(anyNetwork(), (network) => {
        const flat = Float32Array.from({ length: countParameters(network) }, (_, i) => i);
        const views = split(network, flat);
        expect([...views.keys()]).toEqual(parametersOf(network).map(({ name }) => name));
        expect([...views.values()].flatMap((values) => [...values])).toEqual([...flat]);
        [...views.values()][0][0] = -1;
        expect(flat[0]).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  it('of another length is refused', () => {
    const network = architecture('mlp', { dimension: 1, width: 1, depth: 1 });
    const count = countParameters(network);
    expect(() => split(network, new Float32Array(count + 1))).toThrow(
      new UsageError(`${count + 1} weights; accepted are the ${count} of this mlp`),
    );
  });
});

describe('a file of weights', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weights-'));
  afterAll(() => rm(folder, { recursive: true }));
  const network = transformer(1);
  const flat = startWeights(network, 1);

  it('is read as it was written, as little-endian float32 numbers', async () => {
    const path = join(folder, 'weights.bin');
    await writeWeights(path, flat);
    expect(await readWeights(path, network)).toEqual(flat);
    await writeFile(
      path,
      Buffer.concat([Buffer.from([0, 0, 0x80, 0x3f]), Buffer.alloc(4 * flat.length - 4)]),
    );
    expect((await readWeights(path, network))[0]).toBe(1);
  });

  it('truncated, of another network or missing it is refused in one line', async () => {
    const path = join(folder, 'short.bin');
    await writeWeights(path, flat);
    await truncate(path, 4 * flat.length - 2);
    const accepted = `accepted are ${4 * flat.length}, the weights of this transformer: it is truncated or of another network`;
    await expect(readWeights(path, network)).rejects.toThrow(
      new UsageError(`${path} has ${4 * flat.length - 2} bytes; ${accepted}`),
    );
    await expect(readWeights(path, transformer(2))).rejects.toThrow(UsageError);
    await expect(readWeights(join(folder, 'none.bin'), network)).rejects.toThrow(/none\.bin: .*\(ENOENT\)$/);
  });
});
