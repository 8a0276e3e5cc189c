import { UsageError, requireWhole } from '../errors.js';
import type { Network } from './adapters.js';
import { describedNetwork, type DescribedNetwork } from './described.js';
import type { NetworkDescription, WrittenNetwork } from './network-file.js';
import { signatureOf } from './onnx-graph.js';
import { graphNetwork } from './onnx-run.js';
import { loadOrt, openSession, reasonOf, type OpenSession } from './onnx-session.js';
import { relativeGap, trial, type Call } from './onnx-trial.js';

export const onnxProviders = ['cpu', 'cuda', 'webgpu'] as const;
/** What a network runs on: an execution provider of ONNX Runtime. */
export type OnnxProvider = (typeof onnxProviders)[number];

export interface OnnxOptions {
  /** The description of the network, or the file that has it; unless told the file of the network's own name that ends in .json. */
  readonly description?: string | WrittenNetwork;
  /** Of a call; all cores unless told. */
  readonly threads?: number;
  /** `cpu` unless told. Where it is not there the network runs on cpu, and `note` says why. */
  readonly provider?: OnnxProvider;
  /** Whether memory is kept from call to call, which is faster, or given back after each; true unless told. */
  readonly keepMemory?: boolean;
}

export interface OnnxNetwork extends DescribedNetwork {
  /** The graph alone: from [n, ...inputShape] and the times of its own clock, [n], to [n, ...outputShape]. */
  readonly network: Network;
  readonly provider: OnnxProvider;
  /** Why that is not the provider that was asked for, where it is not. */
  readonly note?: string;
  /** Frees the session; a call after it throws a `UsageError`. */
  release(): Promise<void>;
}

const checkOptions = ({ threads, provider }: OnnxOptions): void => {
  if (threads !== undefined) requireWhole('threads', threads, 1);
  if (provider === undefined || onnxProviders.includes(provider)) return;
  throw new UsageError(`provider is ${String(provider)}; accepted are ${onnxProviders.join(', ')}`);
};

/** A failure told after the file that it is of. */
const within = async <T>(where: string, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${where}: ${error.message}`) : error;
  }
};

const read = async (
  path: string,
  given: string | WrittenNetwork = path.replace(/\.[^./\\]*$/, '') + '.json',
): Promise<{ description: NetworkDescription; where: string }> => {
  const { access } = await import('node:fs/promises');
  await access(path).catch((error: Error) => {
    throw new UsageError(`cannot read the network ${path}: ${error.message}`);
  });
  const { loadNetworkFile, readNetwork } = await import('./network-file.js');
  if (typeof given === 'string') return { description: await loadNetworkFile(given), where: given };
  const where = `the description of ${path}`;
  return { description: readNetwork(given, where), where };
};

/**
 * A network in an ONNX file, with the description beside it: its process, its denoiser and the session that it runs in. Weights in a
 * file of their own are found beside the graph. The package `onnxruntime-node` is loaded here, and nowhere before.
 *
 * A call is a promise, yet the work is done on the thread that made it: no timer runs meanwhile. States are float32 at the graph's door; those of
 * float64 are converted. Samples above or below a fixed batch are cut and padded.
 *
 * On another provider than cpu it is held against cpu once, and runs there if it fails or differs: kernels of WebGPU were seen to be wrong
 * without an error.
 *
 * Rejects with a `UsageError` where the package or a file is missing, where the description is not accepted or does not match the graph (names,
 * types, dimensions), and where a short trial fails or gives what is not finite.
 */
export const openOnnx = async (path: string, options: OnnxOptions = {}): Promise<OnnxNetwork> => {
  checkOptions(options);
  const { description, where } = await read(path, options.description);
  const ort = await loadOrt();
  const asked = await openSession(ort, path, options);
  const sessions = [asked];
  let kept: OpenSession | undefined;
  try {
    const signature = await within(`${where} does not match ${path}`, () =>
      signatureOf(description, asked.session),
    );
    const graph = ({ session }: OpenSession): Network => graphNetwork(ort, session, signature);
    await within(where, () => describedNetwork(description, graph(asked)));
    if (asked.provider !== 'cpu')
      sessions.push(await openSession(ort, path, { ...options, provider: 'cpu' }));
    const onCpu = sessions[sessions.length - 1];
    const call = await within(path, () => trial(description, graph(onCpu)));
    const wrong = onCpu === asked ? undefined : await whatIsWrong(graph(asked), call);
    const chosen =
      wrong === undefined
        ? asked
        : { ...onCpu, note: `on ${asked.provider} the network ${wrong}; it runs on cpu` };
    const network = await held(path, description, graph(chosen), chosen);
    kept = chosen;
    return network;
  } finally {
    for (const { session } of sessions) if (session !== kept?.session) await session.release();
  }
};

/** How far another provider may be from cpu: what the shorter floats of some cards make of a deep network. */
const accepted = 0.02;

/** What a graph makes of a call that cpu has answered, if it is not the same. */
const whatIsWrong = async (graph: Network, { x, times, y }: Call): Promise<string | undefined> => {
  try {
    const gap = relativeGap(await graph(x, times), y);
    if (gap < accepted) return undefined;
    return `differs from itself on cpu by ${gap.toPrecision(2)} of its largest number on a trial`;
  } catch (error) {
    return `fails on a trial (${reasonOf(error)})`;
  }
};

/** The network until it is released. */
const held = async (
  path: string,
  description: NetworkDescription,
  graph: Network,
  { session, provider, note }: OpenSession,
): Promise<OnnxNetwork> => {
  let open = true;
  const network: Network = (x, times) => {
    if (open) return graph(x, times);
    throw new UsageError(`the network ${path} was released; open it again`);
  };
  const release = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await session.release();
  };
  const described = await describedNetwork(description, network);
  return Object.freeze({ ...described, network, provider, ...(note !== undefined && { note }), release });
};
