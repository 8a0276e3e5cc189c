import { inChild } from '../../src/array/child.js';
import { reasonOf } from '../../src/denoiser/onnx-session.js';
import { onnxProviders, type OnnxProvider } from '../../src/denoiser/onnx.js';
import { encodeOnnx } from '../../src/train/onnx-file.js';

export interface ProviderProbe {
  readonly name: OnnxProvider;
  readonly works: boolean;
  /** Where it does not work: why, in one line. */
  readonly why?: string;
}

export interface OnnxRuntimeProbe {
  readonly works: boolean;
  readonly version?: string;
  readonly providers: readonly ProviderProbe[];
  readonly why?: string;
  /** How to get it. */
  readonly get: string;
}

/** A graph that gives what it is given. */
const graph = (): Uint8Array =>
  encodeOnnx({
    name: 'identity',
    nodes: [{ op: 'Identity', inputs: ['x'], output: 'y', attributes: {} }],
    tensors: [],
    inputs: [{ name: 'x', shape: [-1] }],
    outputs: [{ name: 'y', shape: [-1] }],
  });

/** Opens a session with every provider, in a process of its own: they write to standard error what they lack. */
const script = (names: readonly string[]): string => `
  const { default: ort } = await import(packages[0]);
  const graph = Buffer.from(${JSON.stringify(Buffer.from(graph()).toString('base64'))}, 'base64');
  const providers = [];
  for (const name of ${JSON.stringify(names)}) {
    try {
      const session = await ort.InferenceSession.create(graph, { executionProviders: [name], logSeverityLevel: 4 });
      await session.release();
      providers.push({ name, works: true });
    } catch (error) {
      providers.push({ name, works: false, why: String(error?.message ?? error) });
    }
  }
  process.stdout.write(JSON.stringify({ version: ort.env.versions.node, providers }));
  process.exit(0);`;

const get = 'npm install onnxruntime-node (with ONNXRUNTIME_NODE_INSTALL=skip where it cannot download CUDA)';

/** What ONNX Runtime can do here. */
export const probeOnnxRuntime = async (): Promise<OnnxRuntimeProbe> => {
  try {
    const found = JSON.parse(await inChild(['onnxruntime-node'], script(onnxProviders))) as {
      readonly version: string;
      readonly providers: readonly ProviderProbe[];
    };
    const providers = found.providers.map((probe) =>
      probe.why === undefined ? probe : { ...probe, why: reasonOf(probe.why) },
    );
    return { works: true, version: found.version, providers, get };
  } catch (error) {
    const missing = (error as Error).message.startsWith('Cannot find module');
    const why = missing ? 'the package onnxruntime-node is not installed' : reasonOf(error);
    return { works: false, providers: [], why, get };
  }
};
