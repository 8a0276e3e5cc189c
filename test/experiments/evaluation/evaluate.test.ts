import { describe, expect, it } from 'vitest';
import { type EvaluateOptions, evaluate } from '../../../experiments/evaluation/evaluate.js';
import { discreteAccuracy } from '../../../src/bfn/accuracy.js';
import { discreteFlow } from '../../../src/bfn/discrete-flow.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { splitOf } from '../../../src/data/datasets/split.js';
import { independentCategorical as categorical } from '../../../src/denoiser/categorical.js';
import { uniforms } from '../../../src/random/index.js';

const ones = [0.2, 0.5, 0.9];

/** Independent bits, class 1 with these probabilities. */
const bitsOf = (count: number, seed: number) =>
  splitOf(count, [3], (out, index) => {
    const u = new Float64Array(3);
    uniforms(u, { seed, sample: index, draw: 0 });
    ones.forEach((p, v) => (out[v] = Number(u[v] < p)));
  });

const dataset: Dataset = {
  ...{ id: 'bits', parameters: {}, kind: 'binary', shape: [3], classes: 2, range: [-1, 1], checksum: '' },
  ...{ train: bitsOf(5000, 1), valid: bitsOf(2000, 2) },
};

/** The exact network of their law. */
const exact = (beta1: number): EvaluateOptions['network'] => {
  const flow = discreteFlow(discreteAccuracy({ beta1 }), 2);
  return {
    flow,
    process: flow.process,
    denoiser: categorical({ probabilities: ones.map((p) => [1 - p, p]) }),
    description: {
      sampleShape: [3, 2],
      data: { kind: 'vector' },
    } as unknown as EvaluateOptions['network']['description'],
  };
};

describe('evaluate', () => {
  it('finds the entropy of independent variables with their exact network, at any accuracy and number of steps', async () => {
    const entropy = ones.reduce((sum, p) => sum - p * Math.log(p) - (1 - p) * Math.log(1 - p), 0);
    for (const beta1 of [0.3, 2]) {
      const { bounds, references, items } = await evaluate({
        ...{ network: exact(beta1), dataset, steps: [3], draws: 4, items: 2000 },
      });
      expect(items).toBe(2000);
      for (const { steps, bound } of bounds) {
        const { value, standardError } = bound.nats;
        expect(standardError).toBeLessThan(0.1);
        // n steps lose what is between the times
        if (steps === null) expect(Math.abs(value - entropy)).toBeLessThan(4 * standardError);
        else expect(value).toBeGreaterThan(entropy - 4 * standardError);
      }
      const [{ id, code }] = references;
      expect(id).toBe('independent');
      expect(Math.abs(code.nats.value - entropy)).toBeLessThan(4 * code.nats.standardError);
    }
  });

  it('a network that knows less has a higher bound', async () => {
    const blind = { ...exact(2), denoiser: categorical({ probabilities: ones.map(() => [0.5, 0.5]) }) };
    const bound = async (network: EvaluateOptions['network']) =>
      (await evaluate({ network, dataset, draws: 2 })).bounds[0].bound.nats;
    const [known, guessed] = [await bound(exact(2)), await bound(blind)];
    expect(guessed.value - known.value).toBeGreaterThan(4 * (guessed.standardError + known.standardError));
  });

  it('takes the test part where there is one, and says which', async () => {
    const network = exact(1);
    const withTest = { ...dataset, test: bitsOf(50, 3) };
    expect(await evaluate({ network, dataset })).toMatchObject({ part: 'valid', items: 1000 });
    expect(await evaluate({ network, dataset: withTest })).toMatchObject({ part: 'test', items: 50 });
    expect(await evaluate({ network, dataset: withTest, part: 'valid', items: 9 })).toMatchObject({
      ...{ part: 'valid', items: 9 },
    });
    await expect(evaluate({ network, dataset, part: 'test' })).rejects.toThrow(/have no test part/);
  });

  it('says what does not fit', async () => {
    const network = exact(1);
    const other = (change: Partial<Dataset>) => evaluate({ network, dataset: { ...dataset, ...change } });
    await expect(other({ shape: [2, 2] })).rejects.toThrow(/takes 3 numbers, and an item has 4/);
    await expect(other({ classes: 3 })).rejects.toThrow(/is of 2 classes, and the data have 3/);
    await expect(evaluate({ network, dataset, bins: 4 })).rejects.toThrow(/bins are of continuous data/);
    const { flow, ...diffusion } = network;
    expect(flow).toBeDefined();
    await expect(evaluate({ network: diffusion, dataset })).rejects.toThrow(/a bound is of Bayesian flow/);
  });
});
