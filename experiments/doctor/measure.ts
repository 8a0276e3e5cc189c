import { solver } from '../../solvers/registry.js';
import { normalsOfSamples } from '../../src/array/host.js';
import { zeros } from '../../src/array/batch.js';
import { upload } from '../../src/array/tensors.js';
import { type Tfjs, makeCurrent } from '../../src/array/tfjs.js';
import { sample } from '../../src/plan/sample.js';
import { sampleOnTensors } from '../../src/plan/sample-on-tensors.js';
import { continuousBfn } from '../../src/process/index.js';

/** What a backend was measured to do. */
export interface Speed {
  /** Of a product of two float32 matrices. */
  readonly gigaflops: number;
  /** Their rows and columns: as many as take a moment. */
  readonly size: number;
  /** Of a second-order SDE step of a plan on [64, 784] numbers, its network none to speak of. */
  readonly stepMilliseconds: number;
}

/** Seconds of the fastest of three. */
const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    await work();
    least = Math.min(least, (performance.now() - begun) / 1000);
  }
  return least;
};

/** Squares are doubled until a product takes this long, so that starting it and reading of it do not count. */
const longEnough = 0.025;
const largest = 4096;

const products = async ({ tf }: Tfjs): Promise<Pick<Speed, 'gigaflops' | 'size'>> => {
  for (let size = 128; ; size *= 2) {
    const numbers = zeros([size, size]);
    normalsOfSamples(numbers, { seed: 0, firstSample: 0, draw: 0 });
    const matrix = upload(tf, numbers);
    const product = async (): Promise<void> => {
      const corner = tf.tidy(() => tf.slice(tf.matMul(matrix, matrix), [0, 0], [1, 1]));
      await corner.data();
      corner.dispose();
    };
    try {
      await product();
      const seconds = await secondsOf(product);
      if (seconds >= longEnough || size === largest)
        return { gigaflops: (2 * size ** 3) / seconds / 1e9, size };
    } finally {
      matrix.dispose();
    }
  }
};

const nfe = 10;
const run = { start: 'zero-mean', samples: 64 } as const;
const plan = () => solver('sde-bfn-solver++2').plan(continuousBfn({ sigma1: 0.001 }), { nfe });

/** Leaves the backend the current one of tfjs. */
export const measureBackend = async (tfjs: Tfjs): Promise<Speed> => {
  await makeCurrent(tfjs);
  const { tf } = tfjs;
  const denoiser = { sampleShape: [784], predict: () => tf.zeros([run.samples, 784]) };
  const steps = () => sampleOnTensors({ ...run, plan: plan(), tfjs, denoiser });
  await steps();
  return { ...(await products(tfjs)), stepMilliseconds: (1000 * (await secondsOf(steps))) / nfe };
};

/** The step of a plan on host arrays. */
export const measureHost = async (): Promise<Pick<Speed, 'stepMilliseconds'>> => {
  const denoiser = { sampleShape: [784], predict: () => zeros([run.samples, 784]) };
  const steps = () => sample({ ...run, plan: plan(), denoiser });
  await steps();
  return { stepMilliseconds: (1000 * (await secondsOf(steps))) / nfe };
};
