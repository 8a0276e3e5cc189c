import { independentCategorical } from '../../src/denoiser/categorical.js';
import { discreteBfn } from '../../src/process/discrete-bfn.js';
import { type Problem, classMoments, mostLikelyClasses } from '../problem.js';
import { randomStream } from '../../src/random/index.js';

/** One categorical variable of three classes: small enough to draw. */
export const simplex3 = (options: { probabilities: readonly number[]; beta1: number }): Problem => {
  const { probabilities, beta1 } = options;
  return {
    id: 'simplex-3',
    parameters: { ...options },
    process: discreteBfn({ classes: probabilities.length, beta1 }),
    denoiser: independentCategorical({ probabilities }),
    moments: classMoments(probabilities, 1),
    truth: { kind: 'class', probabilities },
    decode: mostLikelyClasses,
    trueSamples: (count, seed) => {
      const { uniform } = randomStream(seed, 'simplex-3');
      const draw = (): number => {
        let left = uniform();
        return Math.max(
          0,
          probabilities.findIndex((p) => (left -= p) < 0),
        );
      };
      return { shape: [count, 1], data: Float32Array.from({ length: count }, draw) };
    },
    quality: ['class-divergence'],
    solvers: ['bfn', 'sde-bfn-solver1', 'sde-bfn-solver2', 'bfn-solver1', 'bfn-solver2'],
    kernel: 'plain',
  };
};
