// Elementwise work and noise on one thread: `npx tsx bench/arrays.ts`. Million entries a second, median over repetitions.
import { arena, combine, firstNonFinite, kernelsInUse, normalsOfSamples } from '../src/array/host.js';
import { combinePlain } from '../src/array/plain.js';
import type { Floats } from '../src/array/batch.js';
import { normals } from '../src/random/index.js';

const shape = [64, 256, 27]; // a batch of texts
const n = shape.reduce((a, b) => a * b, 1);
const repetitions = 41;

/** Million entries a second. */
const rate = (work: () => void): number => {
  const times = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  times.sort((a, b) => a - b);
  return n / 1e3 / times[repetitions >> 1];
};

const makers: Record<string, () => Floats[]> = {
  'arena, float32': () => arena(5, n, 'float32'),
  'ordinary arrays, float32': () => Array.from({ length: 5 }, () => new Float32Array(n)),
  'ordinary arrays, float64': () => arena(5, n, 'float64'),
};
const coefficients = [0.9, -0.3, 0.45, 0.1];

console.log(
  `kernels in use: ${kernelsInUse()}; ${n} entries ${JSON.stringify(shape)}, median of ${repetitions}\n`,
);
console.log('arrays                     what                          M/s   to plain    to copy');
for (const [name, make] of Object.entries(makers)) {
  const arrays = make();
  const [out, ...inputs] = arrays;
  inputs.forEach((data, draw) => normalsOfSamples({ shape, data }, { seed: 1, firstSample: 0, draw }));
  const terms = inputs.map((array, i) => ({ coefficient: coefficients[i], array }));
  const noise = { seed: 1, firstSample: 0, draw: 0 };
  const size = n / shape[0];
  const copy = rate(() => out.set(inputs[0]));
  const line = (what: string, value: number, plain?: number): void => {
    const numbers = [
      value.toFixed(0),
      plain === undefined ? '' : (value / plain).toFixed(2),
      (value / copy).toFixed(3),
    ];
    console.log(name.padEnd(27) + what.padEnd(25) + numbers.map((x) => x.padStart(8)).join('   '));
  };
  line('one copy', copy);
  const plainUpdate = rate(() => combinePlain(out, terms));
  line('four terms, plain', plainUpdate, plainUpdate);
  line(
    'four terms',
    rate(() => combine(out, terms)),
    plainUpdate,
  );
  const plainNoise = rate(() => {
    for (let sample = 0; sample < shape[0]; sample++) {
      normals(out.subarray(sample * size, (sample + 1) * size), { ...noise, sample });
    }
  });
  line('normals, plain', plainNoise, plainNoise);
  line(
    'normals',
    rate(() => normalsOfSamples({ shape, data: out }, noise)),
    plainNoise,
  );
  line(
    'finite?',
    rate(() => firstNonFinite(out)),
  );
}
