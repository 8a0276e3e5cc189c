import { access } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { BackendName } from '../array/backend-names.js';
import { loadTfjs } from '../array/tfjs.js';
import { accuracyFromExpression, continuousAccuracy, discreteAccuracy } from '../bfn/accuracy.js';
import { discreteFlow } from '../bfn/discrete-flow.js';
import type { BayesianFlow } from '../bfn/flow.js';
import { continuousFlow, discretisedFlow } from '../bfn/normal-flow.js';
import { type NetworkDenoiser, describedNetwork } from '../denoiser/described.js';
import { type NetworkDescription, loadNetworkFile } from '../denoiser/network-file.js';
import { loadOrt } from '../denoiser/onnx-session.js';
import { type OnnxOptions, type OnnxProvider, openOnnx } from '../denoiser/onnx.js';
import { hostNetwork } from '../denoiser/tensors.js';
import { UsageError } from '../errors.js';
import type { Process } from '../process/process.js';
import { architecture, architectures } from './architectures.js';
import { trainingFiles } from './files.js';
import { parametersOf } from './shape-ops.js';
import { tfjsOps } from './tfjs-ops.js';
import { checkWeights, readWeights } from './weights-file.js';
import { split } from './weights.js';

export const engines = ['onnx', 'tfjs'] as const;
/** What computes a trained network: ONNX Runtime its graph, or tfjs its architecture. They agree to float32 rounding. */
export type Engine = (typeof engines)[number];

export interface OpenTrainedOptions extends Pick<OnnxOptions, 'provider' | 'threads'> {
  /** Unless told ONNX Runtime where it is installed, else tfjs. */
  readonly engine?: Engine;
  /** Of tfjs. */
  readonly backend?: BackendName;
}

export interface TrainedNetwork {
  readonly description: NetworkDescription;
  readonly process: Process;
  /** Of a Bayesian flow network; none where the process is a diffusion. */
  readonly flow?: BayesianFlow;
  readonly denoiser: NetworkDenoiser;
  readonly engine: Engine;
  /** What it runs on, in words. */
  readonly device: string;
  /** Of ONNX Runtime. */
  readonly provider?: OnnxProvider;
  /** Why that is not what was asked for, or ONNX Runtime where nothing was. */
  readonly note?: string;
  /** Frees what is held; the denoiser is of no use after it. */
  release(): Promise<void>;
}

/** The Bayesian flow that a network is described by; undefined for one of a diffusion. */
export const flowOfNetwork = async ({
  process: { id, parameters },
  sampleShape,
  predicts,
  bins,
}: NetworkDescription): Promise<BayesianFlow | undefined> => {
  const given = parameters as Readonly<Record<string, never>>;
  const schedule =
    id === 'bfn-continuous'
      ? continuousAccuracy({ sigma1: given['sigma1'] })
      : id === 'bfn-discrete'
        ? discreteAccuracy({ beta1: given['beta1'] })
        : id === 'bfn-expression'
          ? await accuracyFromExpression({ beta: given['beta'], parameters: given['parameters'] })
          : undefined;
  if (!schedule) return undefined;
  if (predicts === 'discretised-normal') return discretisedFlow(schedule, bins ?? NaN);
  const [, classes] = sampleShape;
  return classes === undefined ? continuousFlow(schedule) : discreteFlow(schedule, classes);
};

/** The files of a network: a training's folder, or a graph with its description beside it. */
export const filesOf = (path: string) => {
  const isGraph = extname(path).toLowerCase() === '.onnx';
  const folder = isGraph ? dirname(path) : path;
  const name = isGraph ? basename(path, extname(path)) : 'network';
  return {
    graph: isGraph ? path : join(folder, trainingFiles.graph),
    description: join(folder, `${name}.json`),
    weights: join(folder, trainingFiles.weights),
  };
};

const requireNetwork = async (path: string, file: string): Promise<void> =>
  access(file).catch((error: NodeJS.ErrnoException) => {
    const hint = join(path) === dirname(file) ? ' (a training that is not finished has none)' : '';
    throw new UsageError(`${path} has no trained network: cannot read ${file}: ${error.code ?? ''}${hint}`);
  });

const onTfjs = async (
  files: ReturnType<typeof filesOf>,
  backend: BackendName | undefined,
): Promise<TrainedNetwork> => {
  const description = await loadNetworkFile(files.description);
  const { architecture: built } = description;
  if (!built) {
    throw new UsageError(
      `${files.description} names no architecture, so the network is its graph alone; accepted is the engine onnx`,
    );
  }
  const made = architecture(built.id, built.options);
  const weights = split(made, await readWeights(files.weights, made));
  const tfjs = await loadTfjs(backend);
  const { tf } = tfjs;
  const tensors = new Map(
    parametersOf(made).map(({ name, shape }) => [
      name,
      tf.tensor(weights.get(name) ?? [], [...shape], 'float32'),
    ]),
  );
  const ops = tfjsOps(tf, { weight: (name) => tensors.get(name) ?? tf.zeros([0]) });
  const network = hostNetwork(tfjs, (x, times) => made.forward(ops, x, times));
  const release = async (): Promise<void> => {
    tensors.forEach((tensor) => tensor.dispose());
    tfjs.release();
  };
  try {
    const described = await describedNetwork(description, network);
    return { ...described, engine: 'tfjs', device: `${tfjs.backend} (${tfjs.device})`, release };
  } catch (error) {
    await release();
    throw error;
  }
};

const onOnnxRuntime = async (
  { graph, description, weights }: ReturnType<typeof filesOf>,
  options: Pick<OnnxOptions, 'provider' | 'threads'>,
): Promise<TrainedNetwork> => {
  const { architecture: built } = await loadNetworkFile(description);
  // ONNX Runtime reads the weights of any larger network without a word
  const isKnown = built && architectures().some(({ id }) => id === built.id);
  if (isKnown) await checkWeights(weights, () => architecture(built.id, built.options));
  const opened = await openOnnx(graph, { description, ...options });
  return { ...opened, engine: 'onnx', device: `ONNX Runtime (${opened.provider})` };
};

/**
 * Opens a trained network: the folder of a finished training, or NAME.onnx with NAME.json beside it. On ONNX Runtime where it is installed, else, with a note,
 * on tfjs from the weights and the architecture that the description names.
 *
 * Rejects with a `UsageError` for a folder without a network, weights that are cut off, and all that `openOnnx` and `loadTfjs` do not accept.
 */
export const openTrained = async (
  path: string,
  { engine, backend, ...onnx }: OpenTrainedOptions = {},
): Promise<TrainedNetwork> => {
  if (engine !== undefined && !engines.includes(engine)) {
    throw new UsageError(`the engine is "${String(engine)}"; accepted are ${engines.join(', ')}`);
  }
  const files = filesOf(path);
  await requireNetwork(path, files.description);
  const missing =
    engine === undefined && backend === undefined && onnx.provider === undefined
      ? await loadOrt().then(
          () => undefined,
          (error: Error) => error.message,
        )
      : undefined;
  const usesTfjs = (engine ?? (backend === undefined && missing === undefined ? 'onnx' : 'tfjs')) === 'tfjs';
  const opened = usesTfjs ? await onTfjs(files, backend) : await onOnnxRuntime(files, onnx);
  const flow = await flowOfNetwork(opened.description);
  return Object.freeze({
    ...opened,
    ...(flow && { flow }),
    ...(missing !== undefined && { note: `the network runs on tfjs: ${missing}` }),
  });
};
