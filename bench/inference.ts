import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadTfjs, type Tf } from '../src/array/tfjs.js';
import { elements } from '../src/array/batch.js';
import { normals } from '../src/random/index.js';
import { architecture } from '../src/train/architectures.js';
import { exportOnnx } from '../src/train/onnx.js';
import type { Architecture } from '../src/train/ops.js';
import { countParameters, parametersOf } from '../src/train/shape-ops.js';
import { tfjsOps } from '../src/train/tfjs-ops.js';
import { split, startWeights } from '../src/train/weights.js';

// A forward pass of each architecture at a small size: its exported graph in ONNX Runtime, on one thread, and the network itself on tfjs's WASM
// backend, in turns; medians of seven.

const rounds = 7;
const cases: readonly (readonly [Architecture, number])[] = [
  [architecture('mlp', { dimension: 64, width: 256, depth: 3 }), 256],
  [architecture('transformer', { length: 64, classes: 27, width: 128, depth: 4, heads: 4 }), 8],
  [architecture('unet', { side: 14, width: 32, multipliers: [1, 2], groups: 8 }), 8],
  [architecture('vdm-unet', { side: 16, channels: 3, width: 32, depth: 4 }), 8],
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

type Forward = () => Promise<Float32Array>;

const onOnnxRuntime = async (
  network: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  x: Float32Array,
  time: Float32Array,
): Promise<Forward> => {
  const session = await InferenceSession.create(exportOnnx(network, weights), { intraOpNumThreads: 1 });
  const feeds = {
    x: new Tensor('float32', x, [time.length, ...network.inputShape]),
    time: new Tensor('float32', time, [time.length]),
  };
  return async () => (await session.run(feeds)).y.data as Float32Array;
};

const onTfjs = (
  tf: Tf,
  network: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  x: Float32Array,
  time: Float32Array,
): Forward => {
  const tensors = new Map(
    parametersOf(network).map(({ name, shape }) => [name, tf.tensor(weights.get(name)!, [...shape])]),
  );
  const ops = tfjsOps(tf, { weight: (name) => tensors.get(name)! });
  return async () => {
    const y = tf.tidy(() =>
      network.forward(ops, tf.tensor(x, [time.length, ...network.inputShape]), tf.tensor1d(time)),
    );
    const data = (await y.data()) as Float32Array;
    y.dispose();
    return data;
  };
};

const { tf } = await loadTfjs('wasm');
for (const [network, batch] of cases) {
  // noise beside the start weights, for some of those are 0
  const flat = startWeights(network, 1);
  const noise = new Float32Array(flat.length);
  normals(noise, { seed: 1, sample: 0, draw: 0 });
  flat.forEach((w, i) => (flat[i] = w + 0.02 * noise[i]));
  const x = new Float32Array(batch * elements(network.inputShape));
  normals(x, { seed: 1, sample: 1, draw: 0 });
  const time = Float32Array.from({ length: batch }, (_, i) => (i + 0.5) / batch);

  const weights = split(network, flat);
  const both = [await onOnnxRuntime(network, weights, x, time), onTfjs(tf, network, weights, x, time)];
  const [first, second] = [await both[0](), await both[1]()]; // and the warm-up
  const apart = first.reduce((most, y, i) => Math.max(most, Math.abs(y - second[i])), 0);
  const times: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [i, forward] of both.entries()) {
      const begun = performance.now();
      await forward();
      times[i].push(performance.now() - begun);
    }
  }
  const [onnx, wasm] = times.map(median);
  const what = `${network.id}, ${countParameters(network)} weights, [${[batch, ...network.inputShape].join(', ')}]`;
  console.log(
    `${what.padEnd(48)} ONNX Runtime ${onnx.toFixed(1)} ms, tfjs ${wasm.toFixed(1)} ms, ` +
      `ratio ${(wasm / onnx).toFixed(1)}; largest difference ${apart.toExponential(0)}`,
  );
}
