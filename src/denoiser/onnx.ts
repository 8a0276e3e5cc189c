import { zeros } from '../array/batch.js';
import { firstNonFinite, normalsOfSamples } from '../array/host.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Network } from './adapters.js';
import { describedNetwork, type DescribedNetwork } from './described.js';
import type { NetworkDescription, WrittenNetwork } from './network-file.js';
import { signatureOf } from './onnx-graph.js';
import { graphNetwork } from './onnx-run.js';
import { loadOrt, openSession } from './onnx-session.js';

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

/** Two samples of noise half way: what a batch goes through, and what comes out is finite. Rejects with a `UsageError` otherwise. */
const trial = async ({ process, denoiser }: DescribedNetwork): Promise<void> => {
  const t = (process.dataEnd + process.noiseEnd) / 2;
  const [alpha, sigma, time] = [process.alpha(t), process.sigma(t), process.networkTime(t)];
  const x = zeros([2, ...denoiser.sampleShape]);
  normalsOfSamples(x, { seed: 0, firstSample: 0, draw: 0 });
  x.data.forEach((value, i) => (x.data[i] = sigma * value));
  const moment = { t, alpha, sigma, time };
  let data;
  try {
    ({ data } = await denoiser.predict(x, [moment, moment]));
  } catch (error) {
    throw new UsageError(
      `a trial on 2 samples failed: ${(error as Error).message} (a graph made for one number of samples needs "batch")`,
    );
  }
  const odd = firstNonFinite(data);
  if (odd >= 0) {
    throw new UsageError(`on a trial of noise at t = ${t} the prediction is ${data[odd]}; it must be finite`);
  }
};

/**
 * A network in an ONNX file, with the description beside it: its process, its denoiser and the session that it runs in. Weights in a
 * file of their own are found beside the graph. The package `onnxruntime-node` is loaded here, and nowhere before.
 *
 * A call is a promise, yet the work is done on the thread that made it: no timer runs meanwhile. States are float32 at the graph's door; those of
 * float64 are converted. Samples above or below a fixed batch are cut and padded.
 *
 * Rejects with a `UsageError` where the package or a file is missing, where the description is not accepted or does not match the graph (names,
 * types, dimensions), and where a short trial fails or gives what is not finite.
 */
export const openOnnx = async (path: string, options: OnnxOptions = {}): Promise<OnnxNetwork> => {
  checkOptions(options);
  const { description, where } = await read(path, options.description);
  const ort = await loadOrt();
  const { session, provider, note } = await openSession(ort, path, options);
  let open = true;
  const release = async (): Promise<void> => {
    if (open) await session.release();
    open = false;
  };
  try {
    const signature = await within(`${where} does not match ${path}`, () =>
      signatureOf(description, session),
    );
    const run = graphNetwork(ort, session, signature);
    const network: Network = (x, times) => {
      if (open) return run(x, times);
      throw new UsageError(`the network ${path} was released; open it again`);
    };
    const described = await within(where, () => describedNetwork(description, network));
    await within(path, () => trial(described));
    return Object.freeze({ ...described, network, provider, ...(note !== undefined && { note }), release });
  } catch (error) {
    await release();
    throw error;
  }
};
