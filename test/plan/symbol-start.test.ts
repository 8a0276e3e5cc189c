import { describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { sample } from '../../src/plan/sample.js';
import { startLaw } from '../../src/plan/start.js';
import { discreteBfn } from '../../src/process/index.js';

const probabilities = [0.5, 0.35, 0.15];
const process = discreteBfn({ classes: 3, beta1: 3 });
const denoiser = independentCategorical({ probabilities, length: 2 });
const moments = { mean: [0, 0, 0, 0, 0, 0], variance: 1, probabilities };

describe('the start by symbol frequencies', () => {
  it('is the exact law of independent data: mean and covariance of each variable', async () => {
    const plan = solver('bfn-solver2').plan(process, { nfe: 1, grid: timeGrid.uniform({ eta: 0.4 }) });
    const samples = 40_000;
    const states = new Float64Array(6 * samples);
    await sample({
      plan,
      denoiser,
      start: 'symbol-frequencies',
      moments,
      samples,
      seed: 2,
      precision: 'float64',
      onStep: ({ state, firstSample }) => states.set(state.data, 6 * firstSample),
    });
    const { alpha, sigma } = plan.start;
    const mean = probabilities.map((p) => alpha * (3 * p - 1));
    for (let i = 0; i < 6; i++) {
      let sum = 0;
      for (let n = 0; n < samples; n++) sum += states[6 * n + i];
      const p = probabilities[i % 3];
      const variance = sigma ** 2 + 9 * alpha ** 2 * p * (1 - p);
      expect(Math.abs(sum / samples - mean[i % 3])).toBeLessThan(5 * Math.sqrt(variance / samples));
      for (let j = 0; j < 6; j++) {
        let product = 0;
        for (let n = 0; n < samples; n++)
          product += (states[6 * n + i] - mean[i % 3]) * (states[6 * n + j] - mean[j % 3]);
        const q = probabilities[j % 3];
        const ofClasses = Math.floor(i / 3) === Math.floor(j / 3) ? (i === j ? p * (1 - p) : -p * q) : 0;
        const expected = 9 * alpha ** 2 * ofClasses + (i === j ? sigma ** 2 : 0);
        const other = sigma ** 2 + 9 * alpha ** 2 * q * (1 - q);
        expect(Math.abs(product / samples - expected)).toBeLessThan(
          6 * Math.sqrt((variance * other) / samples),
        );
      }
    }
  });

  it('gives a sample the same start whatever the chunk', async () => {
    const plan = solver('bfn-solver2').plan(process, { nfe: 2 });
    const run = async (chunk: number): Promise<number[]> => {
      const options = { plan, denoiser, start: 'symbol-frequencies', moments, samples: 9, seed: 4 } as const;
      return [...(await sample({ ...options, chunk })).data];
    };
    expect(await run(2)).toEqual(await run(64));
  });

  it('needs the frequencies, of as many classes as the data have', async () => {
    const plan = solver('bfn-solver2').plan(process, { nfe: 2 });
    expect(() => startLaw('symbol-frequencies', plan.start, { mean: [0], variance: 1 })).toThrow(
      /needs the class frequencies of discrete data/,
    );
    const two = { ...moments, probabilities: [0.5, 0.5] };
    const running = sample({ plan, denoiser, start: 'symbol-frequencies', moments: two, samples: 1 });
    await expect(running).rejects.toThrow(/for 2 classes, and the states have shape \[1, 2, 3\]/);
  });
});
