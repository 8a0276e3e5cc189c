/**
 * Multiply-adds a second of the exact text denoiser, plain and WebAssembly, on the order-2 model of the bundled text and length 256. Counted
 * are 2 * (transitions that occur) * length a sample: forward and backward. What else a call does is overhead.
 */
import { encode, readText, textAlphabet } from '../src/data/text.js';
import { fitMarkov } from '../src/denoiser/markov/model.js';
import { markovText } from '../src/denoiser/markov/denoiser.js';
import type { Batch } from '../src/array/batch.js';
import { randomStream } from '../src/random/index.js';

const length = 256;
const model = fitMarkov(encode(await readText()), { order: 2, alphabet: textAlphabet });
const { classes } = model;
const transitions = model.target.length;
const denoiser = markovText(model, { length });

/** States of a discrete BFN at this beta. */
const statesAt = (beta: number, samples: number, make: (entries: number) => Batch['data']): Batch => {
  const texts = model.sample(samples, length, 1);
  const { normal } = randomStream(1, 'bench');
  const data = make(samples * length * classes);
  for (let i = 0; i < data.length; i++) {
    const hit = texts[Math.floor(i / classes)] === i % classes;
    data[i] = beta * (hit ? classes - 1 : -1) + Math.sqrt(classes * beta) * normal();
  }
  return { shape: [samples, length, classes], data };
};

const rate = (state: Batch, beta: number, repetitions: number): number => {
  const sigma = Math.sqrt(classes * beta);
  const moments = Array.from({ length: state.shape[0] }, () => ({ t: 0, time: 0, alpha: beta, sigma }));
  const seconds = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    denoiser.predict(state, moments);
    return (performance.now() - start) / 1000;
  }).sort((a, b) => a - b);
  return (2 * transitions * length * state.shape[0]) / seconds[repetitions >> 1];
};

console.log(
  `${model.last.length} states, ${transitions} transitions, length ${length}, float32: ${denoiser.kernel}`,
);
for (const beta of [0.01, 0.14, 0.5625, 5]) {
  const fast = statesAt(beta, 64, (entries) => new Float32Array(entries));
  const slow = statesAt(beta, 4, (entries) => new Float64Array(entries));
  rate(fast, beta, 2);
  rate(slow, beta, 2);
  const [kernel, plain] = [rate(fast, beta, 11), rate(slow, beta, 11)];
  console.log(
    `beta ${beta}: ${denoiser.kernel} ${(kernel / 1e9).toFixed(2)}e9, plain ${(plain / 1e9).toFixed(2)}e9 multiply-adds/s, ratio ${(kernel / plain).toFixed(1)}`,
  );
}
