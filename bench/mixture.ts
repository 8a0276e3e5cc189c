// Microseconds that one prediction of one sample costs on the digits' mixture (20 components, 64 dimensions), by the
// kernel and in plain float64, in one run: npx tsx bench/mixture.ts
import { readDigits } from '../src/data/digits.js';
import { fitGaussianMixture } from '../src/denoiser/em.js';
import { gaussianMixture } from '../src/denoiser/mixture.js';
import type { Batch } from '../src/array/batch.js';
import type { Moment } from '../src/plan/denoiser.js';
import { randomStream } from '../src/random/index.js';

const samples = 1024;
const rounds = 10;

/** The fastest of the rounds: what the machine can do when nothing else runs on it. */
const microseconds = (work: () => void): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return (1000 * Math.min(...times)) / samples;
};

const main = async (): Promise<void> => {
  const { images } = await readDigits();
  const start = performance.now();
  const fit = fitGaussianMixture(images, 64, { components: 20, seed: 1 });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `EM: ${seconds.toFixed(2)} s, ${fit.iterations} iterations, ${fit.logLikelihood.toFixed(3)} nats a digit`,
  );

  const law = gaussianMixture(fit.parameters);
  const digits = law.sample(samples, 1).data;
  const { normal } = randomStream(1, 'bench');
  console.log(`float32 batches by: ${law.kernel}\nalpha   sigma   kernel/us  plain/us  ratio`);
  // BFN at times 0.05, 0.2, 0.5, 0.9 of a schedule with sigma1 = 0.02
  for (const time of [0.05, 0.2, 0.5, 0.9]) {
    const alpha = -Math.expm1(2 * time * Math.log(0.02));
    const sigma = Math.sqrt(alpha * (1 - alpha));
    const moments = new Array<Moment>(samples).fill({ t: 1 - time, alpha, sigma, time });
    const noisy = digits.map((value) => alpha * value + sigma * normal());
    const shape = [samples, 64];
    const [single, double]: Batch[] = [
      { shape, data: Float32Array.from(noisy) },
      { shape, data: noisy },
    ];
    const kernel = microseconds(() => law.predict(single, moments));
    const plain = microseconds(() => law.predict(double, moments));
    const row = [
      alpha.toFixed(4),
      sigma.toFixed(4),
      kernel.toFixed(1).padStart(8),
      plain.toFixed(1).padStart(9),
    ];
    console.log(`${row.join('  ')}  ${(plain / kernel).toFixed(1).padStart(5)}`);
  }
};

await main();
