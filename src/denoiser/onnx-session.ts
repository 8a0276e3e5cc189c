import type { InferenceSession } from 'onnxruntime-node';
import { UsageError } from '../errors.js';
import type { OnnxOptions, OnnxProvider } from './onnx.js';

export type Ort = typeof import('onnxruntime-node');

/** ONNX Runtime wraps long reasons over lines and has places of its own source in them. */
export const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^Load model from .*? failed:\s*/, '')
    .replaceAll(/[\w/]*\.(?:cc|h):\d+ [\w:~<>]+(?:\(.*?\))?(?:::<lambda\(\)>)? (?:.*? was false\. )?/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
};

/** ONNX Runtime, if it is installed and loads. Rejects with a `UsageError` that says how to get it. */
export const loadOrt = async (): Promise<Ort> => {
  try {
    const ort = await import('onnxruntime-node');
    // what goes wrong comes back as an exception, and need not be printed as well
    ort.env.logLevel = 'fatal';
    return ort;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const why = missing ? 'is not installed' : `does not load (${reasonOf(error)})`;
    throw new UsageError(
      `a network in a file .onnx runs on the package onnxruntime-node, which ${why}: npm install onnxruntime-node (with ONNXRUNTIME_NODE_INSTALL=skip where it cannot download CUDA)`,
    );
  }
};

export interface OpenSession {
  readonly session: InferenceSession;
  readonly provider: OnnxProvider;
  /** Why it is not the provider that was asked for. */
  readonly note?: string;
}

/** A session of a graph. Rejects with a `UsageError` for a file that cannot be loaded. */
export const openSession = async (
  ort: Ort,
  path: string,
  { threads, provider = 'cpu', keepMemory = true }: OnnxOptions,
): Promise<OpenSession> => {
  const { availableParallelism } = await import('node:os');
  const on = (name: OnnxProvider): Promise<InferenceSession> =>
    ort.InferenceSession.create(path, {
      executionProviders: [name],
      intraOpNumThreads: threads ?? availableParallelism(),
      enableCpuMemArena: keepMemory,
      enableMemPattern: keepMemory,
      logSeverityLevel: 4,
    });
  let note: string | undefined;
  if (provider !== 'cpu') {
    // ONNX Runtime has no fallback of its own: it throws
    try {
      return { session: await on(provider), provider };
    } catch (error) {
      note = `the provider ${provider} is not there (${reasonOf(error)}); the network runs on cpu`;
    }
  }
  try {
    return { session: await on('cpu'), provider: 'cpu', ...(note !== undefined && { note }) };
  } catch (error) {
    throw new UsageError(`cannot load the network ${path}: ${reasonOf(error)}`);
  }
};
