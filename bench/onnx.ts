import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { solver } from '../solvers/registry.js';
import { openOnnx } from '../src/denoiser/onnx.js';
import { sample } from '../src/plan/sample.js';
import { architecture } from '../src/train/architectures.js';
import { exportOnnx } from '../src/train/onnx.js';
import { countParameters } from '../src/train/shape-ops.js';
import { split, startWeights } from '../src/train/weights.js';

// What sampling costs beside its network calls: a text transformer of 5 million parameters on [8, 256, 27] through ONNX Runtime. The calls
// are timed inside the run itself, so that both times are of the same work at the same moment. The median of some runs of each solver.

const rounds = 7;
const nfe = 10;
const [length, classes] = [256, 27];

const network = architecture('transformer', { length, classes, width: 264, depth: 6, heads: 8 });
console.log(`${countParameters(network)} parameters`);
const folder = await mkdtemp(join(tmpdir(), 'bfn-bench-'));
const file = join(folder, 'text.onnx');
await writeFile(file, exportOnnx(network, split(network, startWeights(network, 1))));

/** Milliseconds within the session since they were last set to 0. */
let inside = 0;
const { create } = InferenceSession;
InferenceSession.create = async (...words: unknown[]) => {
  const session = await (create as (...all: unknown[]) => Promise<InferenceSession>).apply(
    InferenceSession,
    words,
  );
  const run = session.run.bind(session) as (...all: unknown[]) => ReturnType<InferenceSession['run']>;
  session.run = async (...all: unknown[]) => {
    const begun = performance.now();
    try {
      return await run(...all);
    } finally {
      inside += performance.now() - begun;
    }
  };
  return session;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const { process, denoiser, release } = await openOnnx(file, {
  description: {
    ...{ format: 'bfn-sde network 1', sampleShape: [length, classes], predicts: 'logits' },
    process: { id: 'bfn-discrete', parameters: { classes, beta1: 0.5625 } },
    data: { kind: 'vector' },
    inputs: { state: 'x', time: 'time' },
  },
});
const plans = ['bfn', 'bfn-solver2', 'sde-bfn-solver2'].map((id) => solver(id).plan(process, { nfe }));
const ratios = new Map<string, number[]>(plans.map((plan) => [plan.solver, []]));
const calls: number[] = [];
for (let round = -1; round < rounds; round++) {
  for (const plan of plans) {
    inside = 0;
    const begun = performance.now();
    await sample({ plan, denoiser, start: 'zero-mean', samples: 8, seed: 1 });
    const total = performance.now() - begun;
    if (round < 0) continue; // the first is a warm-up
    ratios.get(plan.solver)?.push(total / inside);
    calls.push(inside / nfe);
  }
}
await release();
await rm(folder, { recursive: true });
console.log(`a call of 8 samples: ${median(calls).toFixed(1)} ms`);
for (const [id, all] of ratios) {
  console.log(
    `${median(all).toFixed(4)}  total time of ${id} with ${nfe} calls / time of its calls (target 1.03)`,
  );
}
