import type * as core from '@tensorflow/tfjs-core';
import { UsageError } from '../errors.js';
import { type BackendName, backendNames } from './backend-names.js';
import { type Started, backends, reasonOf } from './backends.js';

export { type BackendName, backendNames };

/** The names of `@tensorflow/tfjs-core`. */
export type Tf = typeof core;

/** tfjs with a backend at work. */
export interface Tfjs {
  readonly tf: Tf;
  readonly backend: BackendName;
  /** The GPU, or the processor, in its maker's words. */
  readonly device: string;
  /**
   * Lets go of a GPU that is held through WebGPU; a second time has no effect. All that load it share one: the last to let go gives it back, and with it
   * the tensors on it. Of the other backends nothing is held.
   */
  release(): void;
}

/** What became of a backend that was tried. */
export interface BackendProbe {
  readonly name: BackendName;
  readonly works: boolean;
  readonly device?: string;
  /** A GPU that the processor plays, as SwiftShader does: it is used only if it is named. */
  readonly software?: boolean;
  /** Where it does not work: why, in one line. */
  readonly why?: string;
  /** How to get it. */
  readonly get: string;
}

/** A product of two small matrices, there and back: some load and cannot compute. */
const tryOut = async (tf: Tf): Promise<void> => {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  const [value] = await product.data();
  product.dispose();
  if (value !== 11) throw new Error(`it says that 1·3 + 2·4 is ${value}`);
};

let last: Promise<unknown> = Promise.resolve();

/** Starts a backend after those that are being started: tfjs has one current backend, which a start changes for a while. */
const start = (tf: Tf, name: BackendName): Promise<Started> => {
  const mine = last.then(() => startAlone(tf, name));
  last = mine.catch(() => undefined);
  return mine;
};

const startAlone = async (tf: Tf, name: BackendName): Promise<Started> => {
  const { id, start: open } = backends[name];
  const before = tf.getBackend();
  const started = await open(tf);
  try {
    if (!(await tf.setBackend(id))) throw new Error('tfjs could not start it');
    await tryOut(tf);
  } catch (error) {
    if (before) await tf.setBackend(before);
    started.release?.();
    throw error;
  }
  return started;
};

const quietTfjs = async (): Promise<Tf> => {
  const tf = await import('@tensorflow/tfjs-core');
  tf.enableProdMode(); // it advertises its faster packages otherwise
  await import('@tensorflow/tfjs'); // the core has no gradients in Node until this package registers them
  return tf;
};

/**
 * tfjs with the named backend or, without a name, with the first of `backendNames` that works here, which is made tfjs's current
 * one. Nothing is loaded before, and what does not work is passed over silently.
 *
 * Throws a `UsageError` where the named one does not work: why, and which ones do.
 */
export const loadTfjs = async (name?: BackendName): Promise<Tfjs> => {
  if (name !== undefined && !backendNames.includes(name)) {
    throw new UsageError(`unknown backend "${String(name)}"; there are: ${backendNames.join(', ')}`);
  }
  const tf = await quietTfjs();
  const whyNot: unknown[] = [];
  for (const backend of name === undefined ? backendNames : [name]) {
    try {
      const { device, software, release } = await start(tf, backend);
      if (software && name === undefined) {
        release?.();
        continue;
      }
      return { tf, backend, device, release: () => release?.() };
    } catch (error) {
      whyNot.push(error);
    }
  }
  if (name === undefined) throw new UsageError(`no backend works here: ${whyNot.map(reasonOf).join('; ')}`);
  const working = (await probeBackends()).filter(({ works }) => works).map((probe) => probe.name);
  throw new UsageError(
    `the backend ${name} does not work here: ${reasonOf(whyNot[0])}; those that do: ${working.join(', ')}`,
  );
};

/** Makes its backend the one that tfjs computes with: there is one at a time, and another may have been loaded since. */
export const makeCurrent = async ({ tf, backend }: Tfjs): Promise<void> => {
  const { id } = backends[backend];
  if (tf.getBackend() !== id) await tf.setBackend(id);
};

/** Tries every backend. tfjs's current one is as before, where there was one; a GPU that nobody else holds is given back. */
export const probeBackends = async (): Promise<readonly BackendProbe[]> => {
  const tf = await quietTfjs();
  const before = tf.getBackend();
  const probes: BackendProbe[] = [];
  for (const name of backendNames) {
    const { get } = backends[name];
    try {
      const { device, software, release } = await start(tf, name);
      probes.push({ name, works: true, device, ...(software && { software }), get });
      release?.();
    } catch (error) {
      probes.push({ name, works: false, why: reasonOf(error), get });
    }
  }
  if (before) await tf.setBackend(before);
  return probes;
};
