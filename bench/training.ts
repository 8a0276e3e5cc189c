// A step of training, with its batch made and sent, of each architecture on the backends of tfjs that work here, beside the same step in PyTorch where
// python3 (or the PYTHON of the environment) has it, all on one thread (but for GPUs); in turns, medians of the rounds: npx tsx bench/training.ts [rounds]
// PyTorch is what it can be only with a fast BLAS: Debian's needs libopenblas0 beside it, and says below how fast its products are.
import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type * as core from '@tensorflow/tfjs-core';
import { elements } from '../src/array/batch.js';
import { type Tfjs, loadTfjs, makeCurrent, probeBackends } from '../src/array/tfjs.js';
import { continuousAccuracy, continuousFlow, discreteAccuracy, discreteFlow } from '../src/bfn/index.js';
import { randomStream } from '../src/random/index.js';
import { architecture } from '../src/train/architectures.js';
import { flowClassification } from '../src/train/classification.js';
import type { Objective } from '../src/train/objective.js';
import type { Architecture, Ops, Shaped } from '../src/train/ops.js';
import { flowRegression } from '../src/train/regression.js';
import { countParameters } from '../src/train/shape-ops.js';
import { type Items, trainer } from '../src/train/trainer.js';
import { startWeights } from '../src/train/weights.js';

const rounds = Number(process.argv[2] ?? 5);

interface Case {
  readonly id: string;
  readonly network: Architecture;
  readonly objective: Objective;
  readonly batch: number;
  /** Steps a round. */
  readonly steps: number;
  /** How many classes the items are of, where they are. */
  readonly classes?: number;
}

const noise = flowRegression(continuousFlow(continuousAccuracy({ sigma1: 0.02 })), { predicts: 'noise' });
const classes = (beta1: number, count: number, predicts: 'logits' | 'binary-logit') =>
  flowClassification(discreteFlow(discreteAccuracy({ beta1 }), count), { predicts });

const cases: readonly Case[] = [
  {
    ...{ id: 'tiny', batch: 32, steps: 10, objective: noise },
    network: architecture('mlp', { dimension: 64, width: 32, depth: 1 }),
  },
  {
    ...{ id: 'mlp', batch: 256, steps: 3, objective: noise },
    network: architecture('mlp', { dimension: 64, width: 256, depth: 3 }),
  },
  {
    ...{ id: 'transformer', batch: 16, steps: 1, objective: classes(0.75, 27, 'logits'), classes: 27 },
    network: architecture('transformer', { length: 64, classes: 27, width: 128, depth: 4, heads: 4 }),
  },
  {
    ...{ id: 'unet', batch: 8, steps: 1, objective: classes(3, 2, 'binary-logit'), classes: 2 },
    network: architecture('unet', { side: 28, width: 32, multipliers: [1, 2], blocks: 1, groups: 8 }),
  },
];

const itemsOf = ({ network, classes: count, id }: Case): Items => {
  const size = id === 'transformer' ? network.inputShape[0] : elements(network.inputShape);
  const { uniform } = randomStream(1, 'items');
  const next = count === undefined ? () => 2 * uniform() - 1 : () => Math.floor(count * uniform());
  const table = Float32Array.from({ length: 1000 * size }, next);
  return {
    count: 1000,
    read: (indices) => {
      const data = new Float32Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        data.set(table.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
      }
      return { shape: [indices.length, size], data };
    },
  };
};

/** The same network with tfjs's own products, and the gradients that tfjs has for them. */
const withOwnProducts = (network: Architecture, { tf }: Tfjs): Architecture => ({
  ...network,
  forward<T extends Shaped>(ops: Ops<T>, x: T, time: T): T {
    if (!((x as unknown) instanceof tf.Tensor)) return network.forward(ops, x, time); // its shapes alone
    const own = {
      linear: (a: core.Tensor, w: core.Tensor) =>
        tf.reshape(tf.matMul(tf.reshape(a, [-1, w.shape[0]]), w), [
          ...a.shape.slice(0, -1),
          w.shape[1] as number,
        ]),
      matMul: (a: core.Tensor, b: core.Tensor) => tf.matMul(a, b),
    } as unknown as Pick<Ops<T>, 'linear' | 'matMul'>;
    return network.forward({ ...ops, ...own }, x, time);
  },
});

/** Milliseconds of a step, once it is asked for. */
type Step = () => Promise<number>;

const onTfjs = (tfjs: Tfjs, { objective, batch, steps, ...rest }: Case, network: Architecture): Step => {
  const weights = startWeights(network, 1);
  const zeros = (): Float32Array => new Float32Array(weights.length);
  const running = trainer({
    ...{ tfjs, architecture: network, objective, batch, steps: 1000, seed: 1 },
    items: itemsOf({ objective, batch, steps, ...rest }),
    optimiser: {
      ...{ rate: 1e-3, betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.01, clip: 5 },
      ...{ average: 0.99, warmUp: 0, schedule: 'constant' },
    },
    state: { step: 0, weights, average: weights.slice(), first: zeros(), second: zeros() },
  });
  return async () => {
    await makeCurrent(tfjs);
    const start = performance.now();
    for (let i = 0; i < steps; i++) await running.advance();
    await running.records();
    return (performance.now() - start) / steps;
  };
};

/** PyTorch in a process of its own, if there is one. */
const pyTorch = async () => {
  const script = fileURLToPath(new URL('training.py', import.meta.url));
  const child = spawn(process.env['PYTHON'] ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return undefined;
  const step = async ({ id, batch, steps, network }: Case): Promise<number> => {
    child.stdin.write(`${id} ${batch} ${steps}\n`);
    const { value = '' } = await lines.next();
    const [parameters, milliseconds] = String(value).split(' ').map(Number);
    if (parameters === countParameters(network)) return milliseconds;
    throw new Error(`${id}: ${parameters} parameters in PyTorch, ${countParameters(network)} here`);
  };
  return { about: first.value, step, end: () => child.stdin.end() };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

const main = async (): Promise<void> => {
  const probes = await probeBackends();
  const backends = await Promise.all(
    probes.filter(({ works, software }) => works && software !== true).map(({ name }) => loadTfjs(name)),
  );
  const torch = await pyTorch();
  console.log(`${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}; ${rounds} rounds, medians`);
  console.log(torch?.about ?? 'python3 has no torch: no ratios to it');
  for (const { name, software, why } of probes) {
    if (software) console.log(`left out: ${name}, a GPU that the processor plays`);
    else if (why !== undefined) console.log(`left out: ${name}: ${why}`);
  }

  for (const one of cases) {
    const engines: [string, Step][] = torch ? [['PyTorch', () => torch.step(one)]] : [];
    for (const tfjs of backends) {
      if (tfjs.backend === 'cpu' && one.id !== 'tiny') continue;
      engines.push([tfjs.backend, onTfjs(tfjs, one, one.network)]);
      if (tfjs.backend === 'wasm' && (one.id === 'mlp' || one.id === 'transformer')) {
        engines.push(['wasm, own products of tfjs', onTfjs(tfjs, one, withOwnProducts(one.network, tfjs))]);
      }
    }
    for (const [, step] of engines) await step(); // compiles, allocates
    const times = engines.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, [, step]] of engines.entries()) times[i].push(await step());
    }
    console.log(`\n${one.id}: ${countParameters(one.network)} numbers, batch ${one.batch}`);
    const medians = times.map(median);
    const [base] = engines.map(([name], i) => (name === 'PyTorch' ? medians[i] : NaN));
    const wasm = medians[engines.findIndex(([name]) => name === 'wasm')];
    engines.forEach(([name], i) => {
      const ratios = [
        ...(base > 0 && name !== 'PyTorch' ? [`${(medians[i] / base).toFixed(2)} of PyTorch`] : []),
        ...(name.includes('own') ? [`${(medians[i] / wasm).toFixed(2)} of wasm`] : []),
      ];
      console.log(`  ${name.padEnd(28)}${medians[i].toFixed(2).padStart(9)} ms  ${ratios.join(', ')}`);
    });
  }
  torch?.end();
  backends.forEach((tfjs) => tfjs.release());
};

await main();
